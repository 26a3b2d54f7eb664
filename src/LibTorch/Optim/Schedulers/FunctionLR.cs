using static TorchSharp.torch.optim.lr_scheduler.impl;

namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            /// <summary>The initial rate times a function of the epoch.</summary>
            public static LRScheduler LambdaLR(Optimizer optimizer, Func<int, double> lr_lambda, int last_epoch = -1, bool verbose = false) =>
                new LambdaLR(optimizer, lr_lambda, last_epoch, verbose);

            /// <summary>The rate before, times a function of the epoch.</summary>
            public static LRScheduler MultiplicativeLR(Optimizer optimizer, Func<int, double> lr_lambda, int last_epoch = -1, bool verbose = false) =>
                new MultiplicativeLR(optimizer, lr_lambda, last_epoch, verbose);

            public static partial class impl
            {
                public class LambdaLR : LRScheduler
                {
                    private readonly Func<int, double>[] factors;

                    public LambdaLR(Optimizer optimizer, Func<int, double> lr_lambda, int last_epoch = -1, bool verbose = false)
                        : this(optimizer, ForAll(lr_lambda, optimizer), last_epoch, verbose)
                    {
                    }

                    public LambdaLR(Optimizer optimizer, IEnumerable<Func<int, double>> lr_lambdas, int last_epoch = -1, bool verbose = false) : base(optimizer, last_epoch, verbose)
                    {
                        factors = OnePerGroup(lr_lambdas, optimizer);
                        step();
                    }

                    protected override IEnumerable<double> get_lr() => BaseRates.Zip(factors, (rate, factor) => rate * factor(Epoch));
                }

                public class MultiplicativeLR : LRScheduler
                {
                    private readonly Func<int, double>[] factors;

                    public MultiplicativeLR(Optimizer optimizer, Func<int, double> lr_lambda, int last_epoch = -1, bool verbose = false)
                        : this(optimizer, ForAll(lr_lambda, optimizer), last_epoch, verbose)
                    {
                    }

                    public MultiplicativeLR(Optimizer optimizer, IEnumerable<Func<int, double>> lr_lambdas, int last_epoch = -1, bool verbose = false) : base(optimizer, last_epoch, verbose)
                    {
                        factors = OnePerGroup(lr_lambdas, optimizer);
                        step();
                    }

                    protected override IEnumerable<double> get_lr() => Epoch > 0 ? CurrentRates().Zip(factors, (rate, factor) => rate * factor(Epoch)) : CurrentRates();
                }

                private static IEnumerable<Func<int, double>> ForAll(Func<int, double> lr_lambda, Optimizer optimizer)
                {
                    ArgumentNullException.ThrowIfNull(optimizer);
                    return Enumerable.Repeat(lr_lambda, optimizer.ParamGroups.Count());
                }

                private static Func<int, double>[] OnePerGroup(IEnumerable<Func<int, double>> lr_lambdas, Optimizer optimizer)
                {
                    Func<int, double>[] list = [.. lr_lambdas];
                    int n = optimizer.ParamGroups.Count();
                    return list.Length == n ? list : throw new ArgumentException($"{list.Length} functions for {n} parameter groups.", nameof(lr_lambdas));
                }
            }
        }
    }
}
