from weightreel import huggingface as huggingface
from weightreel import keras as keras
from weightreel import lightning as lightning
from weightreel import pytorch as pytorch
from weightreel import sklearn as sklearn
from weightreel.render.drawing.colormaps import Normalize as Normalize
from weightreel.render.drawing.layout import Layout as Layout
from weightreel.render.drawing.theme import Theme as Theme
from weightreel.render.drawing.tiles import Border as Border
from weightreel.render.encoders import Output as Output
from weightreel.render.encoders.apng import Apng as Apng
from weightreel.render.encoders.av1 import AV1 as AV1
from weightreel.render.encoders.ffv1 import FFV1 as FFV1
from weightreel.render.encoders.gif import Gif as Gif
from weightreel.render.encoders.h264 import H264 as H264
from weightreel.render.encoders.opencv import OpenCV as OpenCV
from weightreel.render.encoders.png import Png as Png
from weightreel.render.encoders.webp import WebP as WebP
from weightreel.render.errors import EncodeError as EncodeError
from weightreel.render.errors import SceneError as SceneError
from weightreel.render.errors import SetupError as SetupError
from weightreel.render.planning.suggested import load as load
from weightreel.render.proving.reproduce import reproduce as reproduce
from weightreel.render.scene.recorded import Recorded as Recorded
from weightreel.render.scene.scene import Scene as Scene
from weightreel.render.scene.timeline import Timeline as Timeline
from weightreel.render.showing.session import film as film
from weightreel.render.showing.show import show as show
from weightreel.render.views import EveryRun as EveryRun
from weightreel.render.views import View as View
from weightreel.render.views._card import Card as Card
from weightreel.render.views.activation_maps import ActivationMaps as ActivationMaps
from weightreel.render.views.back_projection import BackProjection as BackProjection
from weightreel.render.views.caption import Caption as Caption
from weightreel.render.views.confusion_matrix import ConfusionMatrix as ConfusionMatrix
from weightreel.render.views.curve import Curve as Curve
from weightreel.render.views.figures import Figure as Figure
from weightreel.render.views.figures import Figures as Figures
from weightreel.render.views.image import Image as Image
from weightreel.render.views.kernels import Kernels as Kernels
from weightreel.render.views.matrix import Matrix as Matrix
from weightreel.render.views.multiples import Multiples as Multiples
from weightreel.render.views.neuron_grid import NeuronGrid as NeuronGrid
from weightreel.render.views.probabilities import Probabilities as Probabilities
from weightreel.render.views.progress import Progress as Progress
from weightreel.render.views.regions import Regions as Regions
from weightreel.render.views.samples import Samples as Samples
from weightreel.render.views.scatter import Scatter as Scatter
from weightreel.render.views.table import Table as Table
from weightreel.trainer.capture import Recorder as Recorder
from weightreel.trainer.datasets import Dataset as Dataset
from weightreel.trainer.datasets import Source as Source
from weightreel.trainer.datasets.idx import Idx as Idx
from weightreel.trainer.datasets.mnist import Mnist as Mnist
from weightreel.trainer.datasets.npz import Npz as Npz
from weightreel.trainer.errors import CaptureError as CaptureError
from weightreel.trainer.errors import DataError as DataError
from weightreel.trainer.errors import DivergedError as DivergedError
from weightreel.trainer.errors import RecordingError as RecordingError
from weightreel.trainer.errors import WeightreelError as WeightreelError
from weightreel.trainer.layers import LayerOptions as LayerOptions
from weightreel.trainer.layers.conv2d import Conv2d as Conv2d
from weightreel.trainer.layers.dense import Dense as Dense
from weightreel.trainer.layers.dropout import Dropout as Dropout
from weightreel.trainer.layers.flatten import Flatten as Flatten
from weightreel.trainer.layers.max_pool2d import MaxPool2d as MaxPool2d
from weightreel.trainer.mathematics.initializers import He as He
from weightreel.trainer.mathematics.initializers import Normal as Normal
from weightreel.trainer.mathematics.initializers import Xavier as Xavier
from weightreel.trainer.optimizers import OptimizerOptions as OptimizerOptions
from weightreel.trainer.optimizers.adam import Adam as Adam
from weightreel.trainer.optimizers.sgd import SGD as SGD
from weightreel.trainer.run import EarlyStopping as EarlyStopping
from weightreel.trainer.run import Run as Run

__all__ = [
    "AV1",
    "FFV1",
    "H264",
    "SGD",
    "ActivationMaps",
    "Adam",
    "Apng",
    "BackProjection",
    "Border",
    "Caption",
    "CaptureError",
    "Card",
    "ConfusionMatrix",
    "Conv2d",
    "Curve",
    "DataError",
    "Dataset",
    "Dense",
    "DivergedError",
    "Dropout",
    "EarlyStopping",
    "EncodeError",
    "EveryRun",
    "Figure",
    "Figures",
    "Flatten",
    "Gif",
    "He",
    "Idx",
    "Image",
    "Kernels",
    "LayerOptions",
    "Layout",
    "Matrix",
    "MaxPool2d",
    "Mnist",
    "Multiples",
    "NeuronGrid",
    "Normal",
    "Normalize",
    "Npz",
    "OpenCV",
    "OptimizerOptions",
    "Output",
    "Png",
    "Probabilities",
    "Progress",
    "Recorded",
    "Recorder",
    "RecordingError",
    "Regions",
    "Run",
    "Samples",
    "Scatter",
    "Scene",
    "SceneError",
    "SetupError",
    "Source",
    "Table",
    "Theme",
    "Timeline",
    "View",
    "WebP",
    "WeightreelError",
    "Xavier",
    "film",
    "load",
    "reproduce",
    "show",
]
