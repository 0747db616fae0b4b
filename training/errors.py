"""What stops a training: data that cannot be used, or a model that is not faithful."""


class DataError(ValueError):
    """The data or an option cannot be used; the message says what to change."""


class GateError(RuntimeError):
    """The int8 model departs too far from the fp32 one; nothing was published."""
