using ModelZoo.Verification;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Readme;

/// <summary>The code in docs/verification.md.</summary>
internal static class VerificationSample
{
    internal static VerificationReport Run(StringWriter console)
    {
        // <verification>
        using nn.Module<Tensor, Tensor> model = nn.Sequential(
            ("conv", nn.Conv2d(1, 8, 3, padding: 1)),
            ("norm", nn.BatchNorm2d(8)),
            ("relu", nn.ReLU()),
            ("pool", nn.MaxPool2d(2)),
            ("flatten", nn.Flatten()),
            ("fc", nn.Linear(8 * 14 * 14, 10)));
        using Tensor input = randn(2, 1, 28, 28);

        VerificationReport report = Verifier.Verify(model, input);
        console.WriteLine(report.Passed ? $"{report.Checks.Count} checks passed" : $"first at fault: {report.FirstFailure}");

        // </verification>
        return report;
    }
}
