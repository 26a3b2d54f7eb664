using static TorchSharp.torch.optim.lr_scheduler.impl;

namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            /// <summary>The rate times factor when a metric has not improved for more than patience epochs. Step it with the metric.</summary>
            public static LRScheduler ReduceLROnPlateau(
                Optimizer optimizer, string mode = "min", double factor = 0.1, int patience = 10, double threshold = 1e-4,
                string threshold_mode = "rel", int cooldown = 0, IList<double>? min_lr = null, double eps = 1e-8, bool verbose = false) =>
                new ReduceLROnPlateau(optimizer, mode, factor, patience, threshold, threshold_mode, cooldown, min_lr, eps, verbose);

            public static partial class impl
            {
                public class ReduceLROnPlateau : LRScheduler
                {
                    private readonly bool smallerIsBetter, relative, verbose;
                    private readonly double factor, threshold, eps;
                    private readonly int patience, cooldown;
                    private readonly double[] floors;
                    private double best;
                    private int bad, cooling;

                    public ReduceLROnPlateau(
                        Optimizer optimizer, string mode = "min", double factor = 0.1, int patience = 10, double threshold = 1e-4,
                        string threshold_mode = "rel", int cooldown = 0, IList<double>? min_lr = null, double eps = 1e-8, bool verbose = false)
                        : base(optimizer, 0, verbose)
                    {
                        smallerIsBetter = Either(mode, "min", "max", nameof(mode));
                        relative = Either(threshold_mode, "rel", "abs", nameof(threshold_mode));
                        this.factor = factor < 1 ? factor : throw new ArgumentOutOfRangeException(nameof(factor), factor, "The factor must be below 1.");
                        this.patience = patience;
                        this.threshold = threshold;
                        this.cooldown = cooldown;
                        this.eps = eps;
                        this.verbose = verbose;
                        floors = PerGroup(min_lr ?? [0.0], optimizer, nameof(min_lr));
                        best = smallerIsBetter ? double.PositiveInfinity : double.NegativeInfinity;
                    }

                    public override void step(double current, int? epoch = null)
                    {
                        Epoch = epoch ?? Epoch + 1;
                        bool better = IsBetter(current);
                        best = better ? current : best;
                        bad = better ? 0 : bad + 1;
                        if (cooling > 0)
                        {
                            cooling--;
                            bad = 0;
                        }

                        if (bad > patience)
                        {
                            Reduce();
                            cooling = cooldown;
                            bad = 0;
                        }

                        Remember();
                    }

                    public override void step() => throw new InvalidOperationException("ReduceLROnPlateau steps with a metric: step(loss).");

                    public override void step(int? epoch) => step();

                    private static bool Either(string value, string yes, string no, string name) =>
                        value == yes || (value != no ? throw new ArgumentException($"'{value}' is neither '{yes}' nor '{no}'.", name) : false);

                    private bool IsBetter(double value) => (smallerIsBetter, relative) switch
                    {
                        (true, true) => value < best * (1 - threshold),
                        (true, false) => value < best - threshold,
                        (false, true) => value > best * (1 + threshold),
                        (false, false) => value > best + threshold,
                    };

                    private void Reduce()
                    {
                        List<ILearningRateController> groups = ControlledGroups;
                        for (int i = 0; i < groups.Count; i++)
                        {
                            double old = groups[i].LearningRate, reduced = Math.Max(old * factor, floors[i]);
                            if (old - reduced > eps)
                            {
                                groups[i].LearningRate = reduced;
                                if (verbose)
                                {
                                    Console.WriteLine($"Learning rate of group {i}: {reduced:e4}");
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
