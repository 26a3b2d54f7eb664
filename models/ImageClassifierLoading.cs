using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using ModelZoo.Imaging;
using ModelZoo.Inference;

namespace ModelZoo.Models;

/// <summary>Classifiers from the zoo's own catalog.</summary>
public static class ImageClassifierLoading
{
    extension(ImageClassifier)
    {
        /// <summary>Loads a classifier.</summary>
        /// <param name="pathOrName">A checkpoint that the zoo made (<c>runs/best.safetensors</c>), or a model with shipped or pulled weights
        /// (<c>lenet5:mnist</c>).</param>
        /// <param name="decoding">How files are decoded; null: turned as their EXIF orientation says.</param>
        /// <param name="logger">Is told what is loaded, and of pictures that cannot be read; null: nobody is.</param>
        /// <exception cref="ZooException">Name, weights or file are unknown or unreadable.</exception>
        /// <exception cref="UsageException">The model makes something other than classes, or has no weights yet.</exception>
        [RequiresUnreferencedCode("TorchSharp finds the parts of a module by reflection over its fields.")]
        public static ImageClassifier Load(string pathOrName, DecodeOptions? decoding = null, ILogger? logger = null) =>
            ImageClassifier.Load(Catalog.Models, pathOrName, Catalog.ReadResource, decoding, logger);
    }
}
