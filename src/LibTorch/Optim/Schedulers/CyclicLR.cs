using static TorchSharp.torch.optim.lr_scheduler.impl;

namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            /// <summary>The rate goes up from base_lr to max_lr and down again, and the momentum the other way (arXiv:1506.01186).</summary>
            public static LRScheduler CyclicLR(
                Optimizer optimizer, double base_lr, double max_lr, int step_size_up = 2000, int step_size_down = -1,
                CyclicLR.Mode mode = impl.CyclicLR.Mode.Triangular, double gamma = 1.0, Func<double, double>? scale_fn = null,
                CyclicLR.ScaleMode scale_mode = impl.CyclicLR.ScaleMode.Cycle, bool cycle_momentum = true, double base_momentum = 0.8,
                double max_momentum = 0.9, int last_epoch = -1, bool verbose = false) =>
                new CyclicLR(
                    optimizer, base_lr, max_lr, step_size_up, step_size_down, mode, gamma, scale_fn, scale_mode, cycle_momentum, base_momentum,
                    max_momentum, last_epoch, verbose);

            public static LRScheduler CyclicLR(
                Optimizer optimizer, IEnumerable<double> base_lr, IEnumerable<double> max_lr, int step_size_up = 2000, int step_size_down = -1,
                CyclicLR.Mode mode = impl.CyclicLR.Mode.Triangular, double gamma = 1.0, Func<double, double>? scale_fn = null,
                CyclicLR.ScaleMode scale_mode = impl.CyclicLR.ScaleMode.Cycle, bool cycle_momentum = true, IEnumerable<double>? base_momentum = null,
                IEnumerable<double>? max_momentum = null, int last_epoch = -1, bool verbose = false) =>
                new CyclicLR(
                    optimizer, base_lr, max_lr, step_size_up, step_size_down, mode, gamma, scale_fn, scale_mode, cycle_momentum, base_momentum,
                    max_momentum, last_epoch, verbose);

            public static partial class impl
            {
                public class CyclicLR : LRScheduler
                {
                    private readonly double[] top, momentumLow = [], momentumHigh = [];
                    private readonly double length, up;
                    private readonly Func<double, double> scale;
                    private readonly bool perCycle;

                    public CyclicLR(
                        Optimizer optimizer, double base_lr, double max_lr, int step_size_up = 2000, int step_size_down = -1,
                        Mode mode = Mode.Triangular, double gamma = 1.0, Func<double, double>? scale_fn = null,
                        ScaleMode scale_mode = ScaleMode.Cycle, bool cycle_momentum = true, double base_momentum = 0.8, double max_momentum = 0.9,
                        int last_epoch = -1, bool verbose = false)
                        : this(
                            optimizer, [base_lr], [max_lr], step_size_up, step_size_down, mode, gamma, scale_fn, scale_mode, cycle_momentum,
                            [base_momentum], [max_momentum], last_epoch, verbose)
                    {
                    }

                    public CyclicLR(
                        Optimizer optimizer, IEnumerable<double> base_lr, IEnumerable<double> max_lr, int step_size_up = 2000,
                        int step_size_down = -1, Mode mode = Mode.Triangular, double gamma = 1.0, Func<double, double>? scale_fn = null,
                        ScaleMode scale_mode = ScaleMode.Cycle, bool cycle_momentum = true, IEnumerable<double>? base_momentum = null,
                        IEnumerable<double>? max_momentum = null, int last_epoch = -1, bool verbose = false)
                        : base(optimizer, last_epoch, verbose)
                    {
                        BaseRates = PerGroup(base_lr, optimizer, nameof(base_lr));
                        top = PerGroup(max_lr, optimizer, nameof(max_lr));
                        length = step_size_up + (step_size_down < 0 ? step_size_up : (double)step_size_down);
                        up = step_size_up / length;
                        scale = scale_fn ?? mode switch
                        {
                            Mode.Triangular2 => static cycle => 1 / Math.Pow(2, cycle - 1),
                            Mode.ExpRange => iteration => Math.Pow(gamma, iteration),
                            _ => static _ => 1,
                        };
                        perCycle = scale_fn is null ? mode != Mode.ExpRange : scale_mode == ScaleMode.Cycle;
                        if (cycle_momentum)
                        {
                            momentumLow = PerGroup(base_momentum ?? [0.8], optimizer, nameof(base_momentum));
                            momentumHigh = PerGroup(max_momentum ?? [0.9], optimizer, nameof(max_momentum));
                        }

                        step();
                    }

                    public enum Mode
                    {
                        /// <summary>Every cycle as high as the first.</summary>
                        Triangular = 0,

                        /// <summary>Half the height after each cycle.</summary>
                        Triangular2 = 1,

                        /// <summary>The height times gamma in each iteration.</summary>
                        ExpRange = 2,
                    }

                    /// <summary>What scale_fn gets: the number of the cycle, from 1, or of the iteration, from 0.</summary>
                    public enum ScaleMode
                    {
                        Cycle = 0,
                        Iterations = 1,
                    }

                    protected override IEnumerable<double> get_lr()
                    {
                        double cycle = Math.Floor(1 + Epoch / length);
                        double x = 1 + Epoch / length - cycle;
                        double height = x <= up ? x / up : (x - 1) / (up - 1);
                        double scaling = scale(perCycle ? cycle : Epoch);
                        List<ILearningRateController> groups = ControlledGroups;
                        for (int i = 0; i < momentumLow.Length; i++)
                        {
                            SetMomentum(groups[i], momentumHigh[i] - (momentumHigh[i] - momentumLow[i]) * height * scaling);
                        }

                        return BaseRates.Zip(top, (low, high) => low + (high - low) * height * scaling);
                    }
                }
            }
        }
    }
}
