using TorchSharp.Interop;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules
{
    /// <summary>Looks up rows of a weight [entries, dimensions] by integer indices.</summary>
    public sealed class Embedding : Module<Tensor, Tensor>
    {
        private static readonly Op Lookup = new("embedding");
        private static readonly Op Renormalize = new("embedding_renorm_");
        private static readonly Op Select = new("select", "int");
        private readonly long paddingIndex;
        private readonly double? maxNorm;
        private readonly double normType;
        private readonly bool scaleGradByFreq;
        private readonly bool sparseGrad;
        private Parameter embeddingWeight = null!;

        internal Embedding(
            Parameter weight, long? padding_idx, double? max_norm, double norm_type, bool scale_grad_by_freq, bool sparse) : base(nameof(Embedding))
        {
            long entries = weight.size(0);
            if (padding_idx is { } i && (i < -entries || i >= entries))
            {
                throw new ArgumentException($"The padding index {i} lies outside of {entries} entries.", nameof(padding_idx));
            }

            paddingIndex = padding_idx is { } p ? (p < 0 ? p + entries : p) : -1;
            maxNorm = max_norm;
            normType = norm_type;
            scaleGradByFreq = scale_grad_by_freq;
            sparseGrad = sparse;
            this.weight = weight;
        }

        public Parameter weight
        {
            get => embeddingWeight;
            set => ConditionallyRegisterParameter(nameof(weight), embeddingWeight = value);
        }

        public override Tensor forward(Tensor input)
        {
            if (maxNorm is { } norm)
            {
                using IDisposable _ = no_grad();
                Renormalize.Run(embeddingWeight, input, norm, normType);
            }

            return Lookup.Call(embeddingWeight, input, paddingIndex, scaleGradByFreq, sparseGrad);
        }

        /// <summary>Normal values, as PyTorch draws them; zeros for the padding entry.</summary>
        internal void Fill()
        {
            init.normal_(weight);
            if (paddingIndex >= 0)
            {
                using IDisposable _ = no_grad();
                using Tensor row = Select.Call(weight, 0, paddingIndex);
                init.zeros_(row);
            }
        }
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            private static readonly Op CloneOp = new("clone");

            public static Modules.Embedding Embedding(
                long num_embeddings, long embedding_dims, long? padding_idx = null, double? max_norm = null, double norm_type = 2,
                bool scale_grad_by_freq = false, bool sparse = false, Device? device = null, ScalarType? dtype = null)
            {
                Modules.Parameter weight = Modules.Empty.Parameter([num_embeddings, embedding_dims], device, dtype);
                var embedding = new Modules.Embedding(weight, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse);
                embedding.Fill();
                return embedding;
            }

            /// <summary>An embedding that starts with a copy of the given rows, and keeps them where <paramref name="freeze"/> is set.</summary>
            public static Modules.Embedding Embedding_from_pretrained(
                Tensor embeddings, bool freeze = true, long? padding_idx = null, double? max_norm = null, double norm_type = 2,
                bool scale_grad_by_freq = false, bool sparse = false, Device? device = null, ScalarType? dtype = null)
            {
                Tensor copy;
                using (no_grad())
                {
                    copy = CloneOp.Call(embeddings, Arg.None);
                }

                var embedding = new Modules.Embedding(new Modules.Parameter(copy, !freeze), padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse);
                return (device, dtype) switch
                {
                    ({ } d, { } t) => embedding.to(d, t),
                    ({ } d, null) => embedding.to(d),
                    (null, { } t) => embedding.to(t),
                    _ => embedding,
                };
            }
        }
    }
}
