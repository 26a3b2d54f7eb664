using static TorchSharp.torch.optim.lr_scheduler.impl;

namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            /// <summary>The rate times gamma every step_size epochs.</summary>
            public static LRScheduler StepLR(Optimizer optimizer, int step_size, double gamma = 0.1, int last_epoch = -1, bool verbose = false) =>
                new StepLR(optimizer, step_size, gamma, last_epoch, verbose);

            /// <summary>The rate times gamma at each milestone.</summary>
            public static LRScheduler MultiStepLR(Optimizer optimizer, IList<int> milestones, double gamma = 0.1, int last_epoch = -1, bool verbose = false) =>
                new MultiStepLR(optimizer, milestones, gamma, last_epoch, verbose);

            /// <summary>The rate times gamma every epoch.</summary>
            public static LRScheduler ExponentialLR(Optimizer optimizer, double gamma = 0.1, int last_epoch = -1, bool verbose = false) =>
                new ExponentialLR(optimizer, gamma, last_epoch, verbose);

            public static partial class impl
            {
                public class StepLR : LRScheduler
                {
                    private readonly int size;
                    private readonly double gamma;

                    public StepLR(
                        Optimizer optimizer, int step_size, double gamma = 0.1, int last_epoch = -1, bool verbose = false) : base(optimizer,
                        last_epoch, verbose)
                    {
                        size = step_size;
                        this.gamma = gamma;
                        step();
                    }

                    protected override IEnumerable<double> get_lr() => Epoch == 0 || Epoch % size != 0 ? CurrentRates() : Times(gamma);

                    protected override IEnumerable<double> get_closed_form_lr() => BaseTimes(Math.Pow(gamma, Epoch / size));
                }

                public class MultiStepLR : LRScheduler
                {
                    private readonly int[] milestones;
                    private readonly double gamma;

                    public MultiStepLR(
                        Optimizer optimizer, IList<int> milestones, double gamma = 0.1, int last_epoch = -1, bool verbose = false) : base(optimizer,
                        last_epoch, verbose)
                    {
                        this.milestones = [.. milestones];
                        this.gamma = gamma;
                        step();
                    }

                    protected override IEnumerable<double> get_lr() => Times(Math.Pow(gamma, milestones.Count(m => m == Epoch)));

                    protected override IEnumerable<double> get_closed_form_lr() => BaseTimes(Math.Pow(gamma, milestones.Count(m => m <= Epoch)));
                }

                public class ExponentialLR : LRScheduler
                {
                    private readonly double gamma;

                    public ExponentialLR(
                        Optimizer optimizer, double gamma = 0.1, int last_epoch = -1, bool verbose = false) : base(optimizer, last_epoch, verbose)
                    {
                        this.gamma = gamma;
                        step();
                    }

                    protected override IEnumerable<double> get_lr() => Epoch == 0 ? CurrentRates() : Times(gamma);

                    protected override IEnumerable<double> get_closed_form_lr() => BaseTimes(Math.Pow(gamma, Epoch));
                }
            }
        }
    }
}
