using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Training;
using ModelZoo.Training.Precision;
using ModelZoo.Transfer;
using ModelZoo.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Audit;

/// <summary>The features of the audited pictures, computed once and kept under the name that fine-tuning looks for.</summary>
internal sealed class AuditFeatures(ResolvedModel model, AuditOptions options, Action<int> progress, CancellationToken cancel)
{
    private const int PartSize = 1024; // pictures: what an interrupted audit loses, at most
    private const int SampleSize = 16;

    private readonly Device device = model.Model.parameters().FirstOrDefault()?.device ?? CPU;
    private readonly List<float> all = [];
    private string precision = "";
    private int read;

    /// <summary>Pictures so far.</summary>
    public int Done { get; private set; }

    /// <summary>[N,D], row by row.</summary>
    public ReadOnlyMemory<float> All => all.ToArray();

    /// <summary>How they were computed.</summary>
    public string How => precision + (read == 0 ? "" : read == Done ? ", kept from before" : $", {read} of {Done} kept from before");

    /// <summary>Reads the pictures of a part, and computes what is not kept.</summary>
    /// <param name="pictures">Measured on the way.</param>
    /// <param name="preprocessing">How they become the model's input.</param>
    /// <exception cref="ZooException">The model has no head whose input are features.</exception>
    public void Add(ObservedPictures pictures, Preprocessing preprocessing)
    {
        string head = model.Model.Head.Length > 0 ? model.Model.Head
            : throw new ZooException($"{model.Info.Name}: no one layer makes its outputs, so it has no features to look at. Take another --model.");
        using DisposeScope scope = NewDisposeScope();
        using var images = new ImageLoader(pictures, preprocessing, (options.Loader ?? new()) with { Device = device, OnBadImage = OnBadImage.Fail });
        Tensor sample = Features.Example(images, SampleSize);
        using var reader = new FeatureReader(model.Model, head, before: true, sample, half: pictures.Count >= SampleSize, model.Quantization);
        bool half = reader.HasHalf && Bfloat16.IsFastOn(device) && HalfPrecision.IsFine(reader, sample);
        bool maps = reader.Run(sample).dim() > 2;
        precision = half ? "bfloat16" : model.Quantization is null ? "float32" : "int8";
        FeatureFile? file = options.FeatureCache is { } folder
            ? FeatureFile.For(folder, model.Model, head, images, maps ? $"{precision}, means of maps" : precision, model.Quantization, cancel) : null;
        if (file?.TryRead(images, CPU)?.Features is { } kept)
        {
            using (kept)
            {
                all.AddRange(Rows(kept.Inputs));
            }

            (read, Done) = (read + pictures.Count, Done + pictures.Count);
            progress(Done);
        }
        else
        {
            Compute(images, half ? reader.RunHalf : reader.Run, file);
        }
    }

    // What is done of it is kept part by part, and as one file when all is done.
    private void Compute(ImageLoader images, Func<Tensor, Tensor> run, FeatureFile? file)
    {
        int size = (int)Math.Clamp(32L * 3 * 224 * 224 / Math.Max(1, images.Shape.Aggregate(1L, static (a, b) => a * b)), 1, 256);
        (int step, int first, int began) = (PartSize / size * size, 0, 0);
        (List<float> own, List<long> labels) = ([], []);
        float[]? kept = null;
        if (file is not null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file.Path))!);
        }

        foreach (Batch batch in images.InOrder(size))
        {
            using Batch inputs = batch;
            cancel.ThrowIfCancellationRequested();
            (int within, int count) = (first % step, Math.Min(step, images.Count - (first - (first % step))));
            if (within == 0)
            {
                (kept, began) = (file is null ? null : TryPart(PartOf(file, first)), own.Count);
            }

            if (kept is not null)
            {
                int width = kept.Length / count;
                own.AddRange(kept.AsSpan(within * width, inputs.Count * width));
                read += inputs.Count;
            }
            else
            {
                using DisposeScope scope = NewDisposeScope();
                own.AddRange(Rows(run(inputs.Inputs)));
            }

            labels.AddRange(inputs.Labels.cpu().data<long>().ToArray());
            first += inputs.Count;
            Done += inputs.Count;
            progress(Done);
            if (kept is null && file is not null && first % step == 0 && first < images.Count)
            {
                using ImageTensors part = Tensors([.. own.Skip(began)], labels.GetRange(first - step, step), images);
                FeatureTable.WriteSafetensors(PartOf(file, first - step), part, null, null);
            }
        }

        all.AddRange(own);
        if (file is not null)
        {
            using ImageTensors whole = Tensors([.. own], labels, images);
            file.Write(whole);
            for (int part = 0; part < images.Count; part += step)
            {
                File.Delete(PartOf(file, part));
            }
        }
    }

    private static string PartOf(FeatureFile file, int first) => $"{file.Path}.{first}.part";

    private static float[]? TryPart(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        using SafetensorsFile file = SafetensorsFile.Open(path);
        using DisposeScope scope = NewDisposeScope();
        return TensorBytes.Read(file, file["features"]).data<float>().ToArray();
    }

    private static ImageTensors Tensors(float[] rows, List<long> labels, ImageLoader images) =>
        ImageTensors.FromTensors(tensor(rows, [labels.Count, rows.Length / labels.Count]), tensor(labels.ToArray()), images.ClassNames, images.Targets);

    // Maps as their means.
    private static float[] Rows(Tensor features)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor rows = features.dim() > 2 ? features.flatten(2).mean([2L]) : features;
        return rows.to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
    }
}
