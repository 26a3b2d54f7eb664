using ModelZoo.Audit;
using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Models;

namespace ModelZoo.Tests.Readme;

/// <summary>The code in docs/audit.md.</summary>
internal static class AuditSample
{
    internal static void Run(string photos, string fixes, string listing, StringWriter console)
    {
        // <audit>
        using ResolvedModel model = ModelResolver.Resolve(Catalog.Models, "resnet20:cifar10", Catalog.ReadResource);
        AuditData data = AuditData.Open(DataSource.Parse($"folder:{photos}"));
        AuditReport report = Auditor.Run(model, data);
        foreach (AuditFinding finding in report.Findings)
        {
            console.WriteLine($"{data.Pictures[finding.Picture].File}: {finding.Why}");
        }

        FixesTable.Write(fixes, report); // to be gone through
        ListingResult result = CleanedListing.Write(listing, data, FixesTable.Read(fixes, data));
        console.WriteLine($"{result.Dropped} left out, {result.Relabeled} relabeled; no file was touched");
        // </audit>
    }
}
