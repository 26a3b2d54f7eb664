using ModelZoo.Data;
using ModelZoo.Explanation;
using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Reports;

namespace ModelZoo.Tests.Readme;

/// <summary>The code in docs/report.md.</summary>
internal static class ReportSample
{
    internal static void Run(string page, StringWriter console)
    {
        // <report>
        using ResolvedModel model = ModelResolver.Resolve(Catalog.Models, "lenet5:mnist", Catalog.ReadResource);
        ImageDataset digits = Digits.Load(DataSplit.Test);
        ModelReport report = Reporter.Measure(model, digits, new ReportOptions { Pictures = 4 });
        ReportPage.Save(report, page, json: null);

        ReportedPicture worst = report.Pictures[0].Pictures[0];
        PictureExplanation why = new PictureExplainer(model).Explain(digits.Picture(worst.Index));
        console.WriteLine($"a {worst.Actual} taken for {why.Label}; the map has {why.Map.Rows.Count}×{why.Map.Columns.Count} elements");
        // </report>
    }
}
