"""Scenes with one thing wrong each, and the words for it: what of a good scene becomes what."""

# (what in the small scene, is replaced by what, the problems that are reported)
WRONG = {
    "misspelt key": ("columns = 3", "column = 3", "view[0].column   unknown key; did you mean 'columns'?"),
    "wrong type": ("rows = 3", 'rows = "three"', "view[0].rows   should be a whole number, not 'three'"),
    "unknown view": (
        'type = "neuron_grid"',
        'type = "neuron_gird"',
        "view[0].type   unknown type 'neuron_gird'; did you mean 'neuron_grid'?",
    ),
    "layer out of range": (
        'type = "neuron_grid"',
        'type = "neuron_grid"\nlayer = 4',
        "view[0].layer   layer 4 is out of range; the run has layers 0 to 1",
    ),
    "no such area": (
        'area = "grid"',
        'area = "gird"',
        "view[0].area   no area 'gird'; layout.areas names 'grid', 'words', 'loss'",
    ),
    "odd size": (
        'path = "small.png"',
        'path = "small.mp4"\nsize = [1919, 1080]',
        "output[0].size   width 1919 is odd; video needs even sizes, such as 1920",
    ),
    "odd layout": (
        "size = [320, 180]",
        "size = [320, 181]",
        None,
    ),
    "negative fps": ("fps = 10", "fps = -10", "timeline.fps   should be greater than 0, not -10"),
    "no such folder": (
        'path = "small.png"',
        'path = "nowhere/small.png"',
        "output[0].path   there is no folder 'nowhere'; make it: mkdir -p nowhere",
    ),
    "unknown suffix": (
        'path = "small.png"',
        'path = "small.xyz"',
        "output[0].path   unknown suffix '.xyz'; known are .apng .avi .gif .mkv .mov .mp4 .png .webm .webp",
    ),
    "unknown colormap": (
        "rows = 3",
        'rows = 3\ncolormap = "virdis"',
        "view[0].colormap   unknown colormap 'virdis'; did you mean 'viridis'?",
    ),
    "wrong word": (
        "batch_size = 50",
        'batch_size = 50\nloss = "crossentropy"',
        "run.loss   'crossentropy' is none of 'binary_cross_entropy', 'cross_entropy' or 'mean_squared_error'; "
        "did you mean 'cross_entropy'?",
    ),
    "activation and loss": (
        'activation = "softmax"',
        'activation = "relu"',
        "run.layers[1].activation   loss 'cross_entropy' goes with 'softmax' on the last layer, not 'relu'",
    ),
    "too few units": (
        "units = 10",
        "units = 9",
        "run.layers[1].units   9 units, but the data has 10 classes; one unit a class is needed",
    ),
    "nothing to stop by": (
        'batch_size = 50\nepochs = 2\ndata = { type = "mnist", train = 300, validation = 100,',
        'early_stopping = {}\ndata = { type = "mnist", train = 300, validation = 0,',
        "run.early_stopping   goes by images to validate on, and the data holds none back; set data.validation, "
        "or leave this out",
    ),
    "too many images": (
        "train = 300",
        "train = 60_000",
        "run.data   mnist: asked for train = 60000, validation = 100, test = 100 of 70000 images; "
        "ask for fewer, and for one to train on at least",
    ),
    "gif too fast": (
        'path = "small.png"',
        'path = "small.gif"\nfps = 60',
        "output[0].fps   should be less than or equal to 50, not 60",
    ),
    "poster after the end": (
        'path = "small.png"',
        'path = "small.png"\nat = 2',
        "output[0].at   2 is none of 'start' or 'end'; or should be less than or equal to 1, not 2",
    ),
    "poster in words": (
        'path = "small.png"',
        'path = "small.png"\nat = "middle"',
        "output[0].at   'middle' is none of 'start' or 'end'; or should be a number, not 'middle'",
    ),
    "webp too large": (
        'path = "small.png"',
        'path = "small.webp"\nsize = [16384, 180]',
        "output[0].size   width 16384 is too large; WebP ends at 16383",
    ),
    "webp too fast": (
        'path = "small.png"',
        'path = "small.webp"\nfps = 70',
        "output[0].fps   should be less than or equal to 60, not 70",
    ),
    "hold too long": (
        "hold = 0.3",
        "hold = 3",
        "timeline   hold 3 s leaves nothing of seconds = 1.5; lower it",
    ),
    "film too long": (
        "seconds = 1.5",
        "seconds = 1e6",
        "timeline   10,000,000 frames are too many; lower seconds or fps",
    ),
    "frame too large": (
        "size = [320, 180]",
        "size = [100000, 180]",
        "layout.size[0]   should be less than or equal to 16,384, not 100000",
    ),
    "unknown metric": (
        'type = "curve"',
        'type = "curve"\nmetrics = ["los"]',
        "view[1].metrics[0]   unknown metric 'los'; there are loss, accuracy, batch_loss, batch_accuracy, "
        "validation_loss, validation_accuracy, test_loss, test_accuracy",
    ),
    "unknown name in a template": (
        "{loss:.4f}",
        "{los:.4f}",
        "view[2].text   unknown name {los}; there are data, epoch, step, steps, loss, accuracy, batch_loss, "
        "batch_accuracy, validation_loss, validation_accuracy, test_loss, test_accuracy",
    ),
    "not a number format": (
        "{loss:.4f}",
        "{loss:.4q}",
        "view[2].text   '{loss:.4q}' is not a format for it (unknown format code 'q'); "
        "write {loss:.4f}, or {loss:.1%} for a share",
    ),
    "a number format for a name": (
        "{loss:.4f}",
        "{data:.4f}",
        "view[2].text   '{data:.4f}' is not a format for it (unknown format code 'f'); write {data}",
    ),
    "half a format in a heading": (
        'text = "epoch {epoch:.2f}  loss {loss:.4f}"',
        'heading = "{step:.}"\ntext = "epoch {epoch:.2f}  loss {loss:.4f}"',
        "view[2].heading   '{step:.}' is not a format for it (format specifier missing precision); write {step:6d}",
    ),
    "a format in figures": (
        'type = "curve"',
        'type = "figures"\nitems = [{ label = "a", value = "{epoch:2g2}" }]',
        "view[1].items[0].value   '{epoch:2g2}' is not a format for it (invalid format specifier '2g2'); "
        "write {epoch:.2f}",
    ),
    "a format on a card": (
        'title = "small"',
        'title = "small"\nend_card = { heading = "{accuracy:%%}" }',
        "end_card.heading   '{accuracy:%%}' is not a format for it (invalid format specifier '%%'); "
        "write {accuracy:.4f}, or {accuracy:.1%} for a share",
    ),
    "sign the font lacks": (
        "epoch {epoch",
        "字 {epoch",
        "view[2].text   the typeface has no sign for 字; use others",
    ),
    "not a rectangle": (
        'areas = ["grid words", "grid loss"]',
        'areas = ["grid words", "loss grid"]',
        "layout.areas   area 'grid' is not a rectangle",
    ),
    "tiles too large": (
        "rows = 3\ncolumns = 3",
        "rows = 30\ncolumns = 30",
        "view[0].area   output[0] at 320 × 180: 30 × 30 tiles of 28 × 28 do not fit into 148 × 168 pixels even at "
        "scale 1; enlarge the area or show fewer",
    ),
    "same file twice": (
        'path = "small.png"',
        'path = "small.png"\n[[output]]\npath = "small.png"',
        "output[1].path   'small.png' is the same file as output[0].path, 'small.png'; choose another name",
    ),
    "unknown codec": (
        'path = "small.png"',
        'path = "small.mp4"\ncodec = "h265"',
        "output[0].codec   this OpenCV cannot write 'h265' into .mp4; use codec 'mp4v', or MJPG or XVID with .avi",
    ),
    "codec in capitals": (
        'path = "small.png"',
        'path = "small.mp4"\ncodec = "H264"',
        "output[0].codec   this OpenCV cannot write 'H264' into .mp4; did you mean 'h264'?",
    ),
    "codec in the wrong container": (
        'path = "small.png"',
        'path = "small.avi"\ncodec = "h264"',
        "output[0].codec   this OpenCV cannot write 'h264' into .avi; 'h264' goes into .mp4 .mov .mkv",
    ),
    "same file by another way": (
        'path = "small.png"',
        'path = "small.png"\n[[output]]\npath = "./small.png"',
        "output[1].path   './small.png' is the same file as output[0].path, 'small.png'; choose another name",
    ),
    "no run": (
        '[run]\nlayers = [\n  { type = "dense", units = 9, activation = "sigmoid" },\n'
        '  { type = "dense", units = 10, activation = "softmax" },\n]\nbatch_size = 50\nepochs = 2\n'
        'data = { type = "mnist", train = 300, validation = 100, test = 100 }\n',
        "",
        "run   is missing; a scene needs a [run] table that says what is trained, or a [recording] to film",
    ),
}
