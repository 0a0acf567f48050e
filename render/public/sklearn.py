"""`weightreel.sklearn.fit(estimator, x, y, path=…)`: train and record an estimator of scikit-learn."""

from weightreel.trainer.capture.sklearn import fit as fit
