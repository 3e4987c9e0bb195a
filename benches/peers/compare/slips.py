"""Slips in PyTorch, each run: what it says, and what it does. The answers stand in COMPARE.md."""
import warnings
import torch
from torch import nn

def case(name, f):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            result = f()
        except Exception as error:
            result = f"{type(error).__name__}: {str(error).splitlines()[0]}"
    print(f"{name}: {result}; warnings: {len(said)}")

torch.manual_seed(0)
x, y = torch.randn(4, 2), torch.randn(4)
layer = nn.Linear(2, 1)

def broadcast_target():
    loss = (layer(x) - y).square().mean()   # [4, 1] and [4]: a table of 4 × 4
    return f"a loss of {(layer(x) - y).numel()} differences"

def forgotten_zero_grad():
    model = nn.Linear(2, 1)
    model(x).sum().backward()
    once = model.weight.grad.clone()
    model(x).sum().backward()
    return f"the second gradient is {(model.weight.grad / once).mean().item():.0f} times the first"

def forgotten_train():
    model = nn.Sequential(nn.Linear(2, 1), nn.Dropout(0.5)).eval()
    before = model[0].weight.clone()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model(x).sum().backward()
    optimizer.step()
    return f"trained without dropout: {not torch.equal(before, model[0].weight)}"

def unregistered_layer():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = [nn.Linear(2, 2), nn.Linear(2, 1)]
            self.scale = nn.Parameter(torch.ones(()))
    return f"{len(list(Model().parameters()))} of 5 parameters are trained"

def gradient_of_another_model():
    a, b = nn.Linear(2, 1), nn.Linear(2, 1)
    optimizer = torch.optim.SGD(b.parameters(), lr=0.1)
    before = b.weight.clone()
    a(x).sum().backward()
    optimizer.step()
    return f"the step changed nothing: {torch.equal(before, b.weight)}"

def wrong_rule():
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x
        @staticmethod
        def backward(ctx, dy):
            return dy * ctx.saved_tensors[0]
    v = torch.tensor(3.0, requires_grad=True)
    Square.apply(v).backward()
    return f"slope of x² at 3: {v.grad.item()}"

def nan_loss():
    model = nn.Linear(2, 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    (model(x).sum() * float("nan")).backward()
    optimizer.step()
    torch.save(model.state_dict(), "/tmp/nan.pt")
    return f"saved weights are NaN: {bool(torch.load('/tmp/nan.pt')['weight'].isnan().any())}"

def negative_rate():
    torch.optim.SGD(layer.parameters(), lr=-0.1)

for f in [broadcast_target, forgotten_zero_grad, forgotten_train, unregistered_layer, gradient_of_another_model, wrong_rule,
          nan_loss, negative_rate]:
    case(f.__name__, f)
case("mse_loss with a broadcast target", lambda: float(nn.functional.mse_loss(layer(x), y)))
case("gradient of max at a tie", lambda: torch.autograd.grad(torch.maximum(*(t := [torch.zeros((), requires_grad=True) for _ in range(2)])), t))
