using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Op Bernoulli = new("bernoulli"), BernoulliFloatInPlace = new("bernoulli_", "float"),
            BernoulliTensorInPlace = new("bernoulli_", "Tensor");
        public Tensor bernoulli(Generator? generator = null) => Bernoulli.Call(this, generator);
        public Tensor bernoulli_(double p = 0.5, Generator? generator = null) => BernoulliFloatInPlace.Apply(this, p, generator);
        public Tensor bernoulli_(Tensor p, Generator? generator = null) => BernoulliTensorInPlace.Apply(this, p, generator);

        private static readonly Op UniformInPlace = new("uniform_");
        public Tensor uniform_(double from, double to, Generator? generator = null) => UniformInPlace.Apply(this, from, to, generator);

        private static readonly Op NormalInPlace = new("normal_");
        public Tensor normal_(double mean = 0, double std = 1, Generator? generator = null) => NormalInPlace.Apply(this, mean, std, generator);

        private static readonly Op ExponentialInPlace = new("exponential_");
        public Tensor exponential_(double lambda = 1, Generator? generator = null) => ExponentialInPlace.Apply(this, lambda, generator);

        private static readonly Op GeometricInPlace = new("geometric_");
        public Tensor geometric_(double p, Generator? generator = null) => GeometricInPlace.Apply(this, p, generator);

        private static readonly Op CauchyInPlace = new("cauchy_");
        public Tensor cauchy_(double median = 0, double sigma = 1, Generator? generator = null) => CauchyInPlace.Apply(this, median, sigma, generator);

        private static readonly Op LogNormalInPlace = new("log_normal_");
        public Tensor log_normal_(double mean = 0, double std = 1, Generator? generator = null) => LogNormalInPlace.Apply(this, mean, std, generator);

        private static readonly Op Multinomial = new("multinomial");
        public Tensor multinomial(long num_samples, bool replacement = false, Generator? generator = null) =>
            Multinomial.Call(this, num_samples, replacement, generator);

        private static readonly Op Poisson = new("poisson");
        public Tensor poisson(Generator? generator = null) => Poisson.Call(this, generator);

        private static readonly Op RandomFromInPlace = new("random_", "from");

        /// <summary>Fills with whole numbers of [from, to).</summary>
        public Tensor random_(double from, double to, Generator? generator = null) => RandomFromInPlace.Apply(this, (long)from, (long)to, generator);
    }
}
