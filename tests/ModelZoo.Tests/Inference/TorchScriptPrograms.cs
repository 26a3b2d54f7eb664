using ModelZoo.Tests.Oracle;

namespace ModelZoo.Tests.Inference;

/// <summary>Programs that PyTorch writes: a small network with a branch in it, scripted in training mode.</summary>
internal static class TorchScriptPrograms
{
    private const string Script = """
        import torch, torch.nn as nn
        from typing import Dict, Optional
        torch.manual_seed(0)
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.features = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
                self.drop = nn.Dropout(0.5)
                self.fc = nn.Linear(8, 4)
            def forward(self, x):
                if x.size(2) > 64:
                    x = torch.max_pool2d(x, 2)
                return self.fc(self.drop(self.features(x)))
        class Two(nn.Module):
            def forward(self, x):
                return x, x
        class Named(nn.Module):
            def forward(self, x) -> Dict[str, torch.Tensor]:
                return {'logits': x}
        class Nothing(nn.Module):
            def forward(self, x) -> Optional[torch.Tensor]:
                return None
        class Maps(nn.Module):
            def forward(self, x):
                return x * 2
        net = Net().train()
        for _ in range(3):
            net(torch.randn(4, 3, 32, 32))
        torch.jit.script(net).save('net.pt')
        torch.save(net.state_dict(), 'weights.pth')
        torch.jit.script(Two()).save('two.pt')
        torch.jit.script(Named()).save('named.pt')
        torch.jit.script(Nothing()).save('nothing.pt')
        torch.jit.script(Maps()).save('maps.pt')
        net.eval()
        for side in (40, 80):
            x = torch.linspace(-1, 1, 3 * side * side).reshape(1, 3, side, side)
            print(' '.join(str(v) for v in net(x)[0].tolist()))
        """;

    /// <summary>Writes net.pt, two.pt (two outputs), named.pt (a dictionary), nothing.pt (None), maps.pt (no logits) and weights.pth.</summary>
    /// <returns>The logits that PyTorch gets from net.pt in evaluation mode for linspace(−1, 1) as an image of 40×40, and of 80×80.</returns>
    public static double[][] Write(string folder)
    {
        string source = Path.Combine(folder, "programs.py"); // torch.jit.script reads the classes' text from their file
        File.WriteAllText(source, Script);
        return [.. Python.Run(folder, source).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => l.Split(' ').Select(v => double.Parse(v, System.Globalization.CultureInfo.InvariantCulture)).ToArray())];
    }
}
