using static TorchSharp.torch.optim.lr_scheduler.impl;

namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            /// <summary>The initial rate times factor, until epoch total_iters.</summary>
            public static LRScheduler ConstantLR(
                Optimizer optimizer, double factor = 1.0 / 3, int total_iters = 5, int last_epoch = -1, bool verbose = false) =>
                new ConstantLR(optimizer, factor, total_iters, last_epoch, verbose);

            /// <summary>The initial rate times a factor that moves evenly from start_factor to end_factor over total_iters epochs.</summary>
            public static LRScheduler LinearLR(
                Optimizer optimizer, double start_factor = 1.0 / 3, double end_factor = 1, int total_iters = 5, int last_epoch = -1,
                bool verbose = false) =>
                new LinearLR(optimizer, start_factor, end_factor, total_iters, last_epoch, verbose);

            public static partial class impl
            {
                public class ConstantLR : LRScheduler
                {
                    private readonly double factor;
                    private readonly int total;

                    public ConstantLR(
                        Optimizer optimizer, double factor = 1.0 / 3, int total_iters = 5, int last_epoch = -1,
                        bool verbose = false) : base(optimizer, last_epoch, verbose)
                    {
                        this.factor = Fraction(factor, nameof(factor));
                        total = total_iters;
                        step();
                    }

                    protected override IEnumerable<double> get_lr() => Epoch == 0 ? Times(factor) : Epoch == total ? Times(1 / factor) : CurrentRates();

                    protected override IEnumerable<double> get_closed_form_lr() => BaseTimes(Epoch >= total ? 1 : factor);
                }

                public class LinearLR : LRScheduler
                {
                    private readonly double start, end;
                    private readonly int total;

                    public LinearLR(
                        Optimizer optimizer, double start_factor = 1.0 / 3, double end_factor = 1, int total_iters = 5, int last_epoch = -1,
                        bool verbose = false)
                        : base(optimizer, last_epoch, verbose)
                    {
                        start = Fraction(start_factor, nameof(start_factor));
                        end = Fraction(end_factor, nameof(end_factor));
                        total = total_iters;
                        step();
                    }

                    protected override IEnumerable<double> get_lr() =>
                        Epoch == 0 ? Times(start)
                        : Epoch > total ? CurrentRates()
                        : Times(1 + (end - start) / (total * start + (Epoch - 1) * (end - start)));

                    protected override IEnumerable<double> get_closed_form_lr() => BaseTimes(start + (end - start) * Math.Min(total, Epoch) / total);
                }

                private static double Fraction(double value, string name) =>
                    value is >= 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(name, value, "A factor lies between 0 and 1.");
            }
        }
    }
}
