"""Writes an ONNX graph node by node: each operation is a call that gives the name of its result.

Arrays and numbers among the operands become constants, equal ones once. Opset 17; whole numbers are int64,
others float32, as ONNX has no mixed arithmetic.
"""

from typing import Any, TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 9  # of opset 17's time: older runtimes refuse newer files
END = 2**31 - 1  # "to the end" of a slice

Value: TypeAlias = "float | np.generic | NDArray[Any]"
Operand: TypeAlias = "str | Value"


class Graph:
    """`graph.Add(x, 1.0)` adds a node and gives the name of its output."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[tuple[str, tuple[int, ...], bytes], onnx.TensorProto] = {}

    def __getattr__(self, operation: str) -> Any:
        if not operation[0].isupper():
            raise AttributeError(operation)
        return lambda *operands, **attributes: self._add(operation, operands, attributes)

    def constant(self, value: Value) -> str:
        array = np.asarray(value)
        if array.dtype == np.float64:
            array = array.astype(np.float32)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._constants:
            self._constants[key] = numpy_helper.from_array(array, f"c{len(self._constants)}")
        return self._constants[key].name

    def ints(self, *values: int) -> str:
        return self.constant(np.array(values, np.int64))

    def real(self, tensor: str) -> str:
        return str(self.Cast(tensor, to=TensorProto.FLOAT))

    def whole(self, tensor: str) -> str:
        return str(self.Cast(tensor, to=TensorProto.INT64))

    def true(self, tensor: str) -> str:
        return str(self.Cast(tensor, to=TensorProto.BOOL))

    def part(self, tensor: str, start: int, end: int = END, axis: int = 0) -> str:
        return str(self.Slice(tensor, self.ints(start), self.ints(end), self.ints(axis)))

    def first(self, tensor: str, length: str, axis: int = 0) -> str:
        """The first `length` (a scalar of the graph) along the axis."""
        return str(self.Slice(tensor, self.ints(0), self.column(length, 0), self.ints(axis)))

    def column(self, tensor: str, axis: int = 1) -> str:
        return str(self.Unsqueeze(tensor, self.ints(axis)))

    def shifted(self, tensor: str, by: int) -> str:
        """Element i of the result is element i - by of the vector; zeros move in."""
        if by > 0:
            return self.part(self.Pad(tensor, self.ints(by, 0)), 0, -by)
        return self.part(self.Pad(tensor, self.ints(0, -by)), -by)

    def length(self, tensor: str) -> str:
        """The first dimension, as a scalar."""
        return str(self.Gather(self.Shape(tensor), self.constant(np.int64(0))))

    def count(self, length: str) -> str:
        """0, 1, 2 … length - 1."""
        return str(self.Range(self.constant(np.int64(0)), length, self.constant(np.int64(1))))

    def name(self, tensor: str, name: str) -> None:
        """Makes it an output, or the end of a stage, under this name."""
        self._nodes.append(helper.make_node("Identity", [tensor], [name]))

    def model(
        self, title: str, inputs: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto]
    ) -> onnx.ModelProto:
        """The whole, checked. Raises onnx.checker.ValidationError where it is no graph."""
        graph = helper.make_graph(
            self._nodes, title, inputs, outputs, initializer=list(self._constants.values())
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
        )
        onnx.checker.check_model(model, full_check=True)
        return model

    def _add(self, operation: str, operands: tuple[Operand, ...], attributes: dict[str, Any]) -> str:
        names = [operand if isinstance(operand, str) else self.constant(operand) for operand in operands]
        output = f"t{len(self._nodes)}"
        self._nodes.append(helper.make_node(operation, names, [output], **attributes))
        return output
