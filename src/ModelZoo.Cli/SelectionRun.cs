using ModelZoo.Data;
using ModelZoo.Downloads;
using ModelZoo.Experiments.Selecting;
using ModelZoo.Registry;

namespace ModelZoo.Cli;

/// <summary><c>zoo compare --data</c> with trained networks: which of them suits these pictures.</summary>
internal static class SelectionRun
{
    // Where `train`, `finetune` and `quantize` put what they make.
    private const string Own = "runs";

    /// <summary>The networks that were named, or all that are at hand.</summary>
    internal static IReadOnlyList<NetworkAtHand> Networks(Session session, string[] specs, DataSource source)
    {
        if (specs.Length > 0)
        {
            return NetworkAtHand.Read(specs);
        }

        ModelInfo standard = Session.Catalog.Find(PublishedPull.DefaultModel);
        if (source.Name is "folder" or "csv" && WeightsCache.Find(standard.Name, standard.Published[^1]) is null)
        {
            try
            {
                PublishedPull.DefaultAsync(session).GetAwaiter().GetResult(); // libtorch's threads are counted for this thread
            }
            catch (ZooException error)
            {
                session.Say($"{PublishedPull.DefaultModel} is not compared: {error.Message}");
            }
        }

        return NetworkAtHand.Find(Own);
    }

    /// <summary>The pictures: of a folder with parts those to train on, else all of them.</summary>
    internal static LabeledImages Pictures(Session session, DataSource source, int? limit)
    {
        LabeledImages data = source.Open(DataSplit.Train, new SplitOptions { ValShare = 0 });
        data.MustTeach();
        foreach (string remark in data.Remarks)
        {
            session.SayOnce(remark);
        }

        return limit is { } n ? data.Take(n) : data;
    }

    internal static int Run(Session session, SelectionRequest request, string page)
    {
        string networks = $"{request.Networks.Count} network{(request.Networks.Count == 1 ? "" : "s")}";
        session.Say($"{networks} on {Tables.Images(request.Data.Count)} of {request.Data.Name}, {request.Folds} folds; what is finished is kept in "
            + request.Folder);
        NetworkSelection selection;
        try
        {
            selection = SelectionView.Run(session, request);
        }
        catch (OperationCanceledException)
        {
            session.Say("what is finished is kept; the same command goes on from there");
            throw;
        }

        AtomicFile.Write(page, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(SelectionPage.Write(selection))));
        SelectionView.Show(session, selection, page);
        return 0;
    }
}
