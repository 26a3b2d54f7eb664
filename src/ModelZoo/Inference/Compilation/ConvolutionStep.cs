using ModelZoo.Tracing;
using ModelZoo.Training.Precision;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Inference.Compilation;

/// <summary>
/// act(convolution(x) + other), with what follows per channel folded into the weights; before a 1×1 kernel with a normalization and a ReLU of x, too.
/// </summary>
internal sealed class ConvolutionStep : Step
{
    // Where this few pixels come out of each image, a product with few rows needs no packed weights.
    private const long MostRows = 4;

    private readonly Backend backend;
    private readonly FoldedWeight folded;
    private readonly Window window;
    private readonly TraceNode layer;
    private readonly long[] inputShape;
    private readonly bool sum;
    private readonly bool point;
    private readonly Tensor? dense;
    private readonly PointwiseFunction? function;
    private readonly Activation activation;
    private readonly (long H, long W) kernel;
    private readonly Lazy<Tensor>? panels; // of DirectConvolution
    private readonly Lazy<Tensor>? moved; // of WinogradConvolution
    private readonly Lazy<Tensor>? movedSmall; // of the same, for small tiles
    private readonly Lazy<Tensor>? planes; // of DepthwiseConvolution
    private readonly Tensor? ownBias; // of all three
    private readonly List<Func<Tensor?>> beforeSources = [];
    private readonly Tensor? beforeFactor; // of the normalization of x

    /// <param name="layers">A normalization of x and its ReLU, the convolution, what is folded into it, then a sum, then an activation.</param>
    /// <param name="inputs">x, and what is added.</param>
    /// <param name="output">The value that it makes.</param>
    /// <param name="leading">How many layers there are before the convolution.</param>
    /// <param name="folded">How many layers after the convolution are folded into it.</param>
    /// <param name="sum">Whether there is a sum.</param>
    /// <param name="backend">How to compute.</param>
    public ConvolutionStep(IReadOnlyList<TraceNode> layers, int[] inputs, int output, int leading, int folded, bool sum, Backend backend)
        : base(layers, inputs, output)
    {
        layer = layers[leading];
        var convolution = (Conv2d)layer.Module;
        Leading = leading;
        this.backend = backend;
        this.sum = sum;
        inputShape = layer.InputShapes[0];
        window = new(convolution.padding!, convolution.stride, convolution.dilation, convolution.groups);
        function = layers.Count > leading + folded + (sum ? 2 : 1) ? PointwiseFunction.Of(layers[^1].Module) : null;
        this.folded = new FoldedWeight(() => convolution.weight, () => convolution.bias);
        for (int i = 1; i <= folded; i++)
        {
            this.folded.Fold(layers[leading + i].Module);
        }

        if (leading > 0)
        {
            (Tensor? a, Tensor? s) = FoldedWeight.Affine(layers[0].Module, beforeSources);
            (beforeFactor, BeforeShift) = (a!, s!);
        }

        kernel = (convolution.kernel_size[0], convolution.kernel_size[^1]);
        if (backend.Kernels && Activation.Of(function) is { } own)
        {
            activation = own;
            panels = DirectConvolution.Takes(window) ? new(() => Packed(DirectConvolution.Pack)) : null;
            planes = !sum && DepthwiseConvolution.Takes(window, convolution.in_channels, convolution.out_channels)
                ? new(() => Packed(DepthwiseConvolution.Pack)) : null;
            if (backend.Has(Fusions.Winograd) && WinogradConvolution.Takes(kernel, window, convolution.in_channels, convolution.out_channels))
            {
                moved = new(() => Packed(w => WinogradConvolution.Pack(w, WinogradConvolution.Large)));
                movedSmall = new(() => Packed(w => WinogradConvolution.Pack(w, WinogradConvolution.Small)));
            }
        }

        point = backend.Kernels && !sum && leading == 0 && window.Groups == 1 && kernel == (1, 1) && window.Padding.All(p => p == 0)
            && inputShape[2] == 1 && inputShape[3] == 1;
        if ((!IsOwn && (!backend.Fused || !backend.Has(Fusions.Packing))) || point)
        {
            using DisposeScope scope = NewDisposeScope();
            using IDisposable none = no_grad();
            Tensor whole = ChannelsLast.Of(this.folded.Weight().to(backend.Type));
            dense = Keep(this.folded.IsPlain ? whole.alias() : whole.clone());
            Bias = this.folded.Bias is { } bias && backend.Type != ScalarType.Float32 ? Keep(bias.to(backend.Type)) : this.folded.Bias;
        }

        ownBias = IsOwn ? Packed(_ => DirectConvolution.PackBias(this.folded.Bias, convolution.out_channels)) : null;
        Bias ??= this.folded.Bias is null || ownBias is null ? this.folded.Bias : Keep(ownBias.narrow(0, 0, convolution.out_channels));
    }

    /// <summary>What is added per channel, after folding.</summary>
    internal Tensor? Bias { get; }

    /// <summary>How many of the layers come before the convolution.</summary>
    internal int Leading { get; }

    /// <summary>What the normalization of x adds, [C]; null for no normalization. For faults that tests plant.</summary>
    internal Tensor? BeforeShift { get; }

    /// <summary>Where its output belongs, which is then a part of other memory; null for memory of its own.</summary>
    internal Place? Place { get; set; }

    /// <summary>Whether it can write its output anywhere.</summary>
    internal bool IsPlaceable => IsOwn && !sum && !point && Place is null;

    /// <summary>Where its kernels are laid.</summary>
    internal Window Window => window;

    /// <summary>The activation; null for none.</summary>
    internal PointwiseFunction? Function => function;

    /// <summary>Whether it adds something to its output.</summary>
    internal bool Sum => sum;

    /// <summary>The weight with what is folded into it, in the caller's scope.</summary>
    internal Tensor Weight() => folded.Weight();

    public override string Kind => Join(Leading == 0 ? "convolution" : "normalization + convolution",
        Layers.Count > Leading + 1 && !folded.IsPlain ? "fold" : null, sum ? Overwrites ? "sum in place" : "sum" : null, function?.Name);

    public override int Overwritable => sum ? 1 : -1;

    public override IEnumerable<int> Shares => Place is { Slot: >= 0 and var slot } ? [slot] : [];

    public override IEnumerable<Func<Tensor?>> Sources => folded.Sources.Concat(beforeSources);

    /// <summary>Makes its output a part of a concatenation.</summary>
    /// <param name="concatenation">Which.</param>
    /// <param name="channel">Its first channel there.</param>
    /// <param name="there">The number of a value that lies in that memory; −1 where this step is the first to write there.</param>
    internal void PutInto(ConcatStep concatenation, long channel, int there)
    {
        Place = new(concatenation, channel, there < 0 ? -1 : Inputs.Length);
        ReadInstead(there < 0 ? Inputs : [.. Inputs, there]);
    }

    public override Tensor Run(ReadOnlySpan<Tensor> x, Tensor? pack)
    {
        if (point && x[0].shape[0] <= MostRows)
        {
            return Kernels.Product(x[0], dense!, Bias, function);
        }

        if (IsOwn)
        {
            return ByOwnKernel(x);
        }

        if (!backend.Fused)
        {
            Tensor plain = nn.functional.conv2d(x[0], dense!, Bias, window.Stride, window.Padding, window.Dilation, window.Groups);
            plain = sum ? plain.add_(x[1]) : plain;
            return function?.Apply(plain) ?? plain;
        }

        Tensor weight = pack ?? dense!;
        if (!sum)
        {
            return NativeOperators.Convolution(x[0], weight, Bias, window, function);
        }

        return Overwrites
            ? NativeOperators.ConvolutionAdd(x[1], x[0], weight, Bias, window, function is not null)
            : Kernels.Add(NativeOperators.Convolution(x[0], weight, Bias, window, null), x[1], function is not null, inPlace: true);
    }

    public override Tensor? Pack(long batch)
    {
        if (IsOwn || !backend.Fused || !backend.Has(Fusions.Packing))
        {
            return null;
        }

        using DisposeScope scope = NewDisposeScope();
        return Keep(NativeOperators.PackConvolution(folded.Weight().contiguous(), window, [batch, .. inputShape[1..]]));
    }

    public override void Dispose()
    {
        if (!ReferenceEquals(Bias, folded.Bias))
        {
            Bias?.Dispose();
        }

        folded.Dispose();
        dense?.Dispose();
        ownBias?.Dispose();
        beforeFactor?.Dispose();
        BeforeShift?.Dispose();
        foreach (Lazy<Tensor>? pack in new[] { panels, moved, movedSmall, planes })
        {
            if (pack is { IsValueCreated: true })
            {
                pack.Value.Dispose();
            }
        }

        base.Dispose();
    }

    public override bool OnTeam => IsOwn;

    // Whether kernels of the zoo's own compute it, for any number of images.
    private bool IsOwn => panels is not null || planes is not null;

    /// <summary>The weights as <see cref="WinogradConvolution"/> takes them for tiles of one size. For faults that tests plant.</summary>
    internal Tensor Moved(int tile) => (tile == WinogradConvolution.Large ? moved : movedSmall)!.Value;

    /// <summary>By which tiles of Winograd's algorithm so many images are computed, with a larger rounding; 0 for none.</summary>
    internal int WinogradTile(long images) => moved is null ? 0 : WinogradConvolution.TileFor(images, layer.OutputShape[2], layer.OutputShape[3]);

    private Tensor ByOwnKernel(ReadOnlySpan<Tensor> x)
    {
        int tile = moved is null ? 0 : WinogradTile(x[0].shape[0]);
        Pixels from = Pixels.Of(x[0], out Tensor held, dense: tile == 0 && planes is null && kernel.W > 1);
        Tensor? other = null;
        Pixels? added = sum ? Pixels.Of(x[1], out other) : null;
        long[] shape = layer.OutputShape;
        Tensor y = sum && Overwrites ? other! : Place is { } place ? place.In(x, from.Images, shape) : Kernels.Empty([from.Images, .. shape[1..]], shape[1]);
        Pixels to = Pixels.Of(y, out _);
        if (tile > 0)
        {
            WinogradConvolution.Run(from, to, added, Moved(tile), ownBias!, tile, (window.Padding[0], window.Padding[^1]), activation);
        }
        else if (planes is not null)
        {
            DepthwiseConvolution.Run(from, to, planes.Value, ownBias!, kernel, window, activation);
        }
        else
        {
            DirectConvolution.Run(from, to, added, panels!.Value, ownBias!, kernel, window, activation, Before());
        }

        GC.KeepAlive(held);
        GC.KeepAlive(other);
        return y;
    }

    private PreActivation? Before()
    {
        unsafe
        {
            return beforeFactor is null ? null
                : new((nint)NativeOperators.Data(beforeFactor), (nint)NativeOperators.Data(BeforeShift!), Leading > 1 ? 0 : float.NegativeInfinity);
        }
    }

    private Tensor Packed(Func<Tensor, Tensor> pack)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable none = no_grad();
        return Keep(pack(folded.Weight()));
    }
}
