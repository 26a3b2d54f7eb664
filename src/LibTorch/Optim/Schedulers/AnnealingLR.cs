using static TorchSharp.torch.optim.lr_scheduler.impl;

namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            /// <summary>The initial rate times (1 − epoch/total_iters)^power.</summary>
            public static LRScheduler PolynomialLR(Optimizer optimizer, int total_iters = 5, double power = 1, int last_epoch = -1, bool verbose = false) =>
                new PolynomialLR(optimizer, total_iters, power, last_epoch, verbose);

            /// <summary>Half a cosine from the initial rate to eta_min over T_max epochs, and back (arXiv:1608.03983, without restarts).</summary>
            public static LRScheduler CosineAnnealingLR(Optimizer optimizer, double T_max, double eta_min = 0, int last_epoch = -1, bool verbose = false) =>
                new CosineAnnealingLR(optimizer, T_max, eta_min, last_epoch, verbose);

            public static partial class impl
            {
                public class PolynomialLR : LRScheduler
                {
                    private readonly int total;
                    private readonly double power;

                    public PolynomialLR(
                        Optimizer optimizer, int total_iters = 5, double power = 1, int last_epoch = -1, bool verbose = false) : base(optimizer,
                        last_epoch, verbose)
                    {
                        total = total_iters;
                        this.power = power;
                        step();
                    }

                    protected override IEnumerable<double> get_lr() =>
                        Epoch == 0 || Epoch > total
                        ? CurrentRates()
                        : Times(Math.Pow((1.0 - (double)Epoch / total) / (1.0 - (double)(Epoch - 1) / total), power));

                    protected override IEnumerable<double> get_closed_form_lr() => BaseTimes(Math.Pow(1.0 - (double)Math.Min(total, Epoch) / total, power));
                }

                public class CosineAnnealingLR : LRScheduler
                {
                    private readonly double period, floor;

                    public CosineAnnealingLR(
                        Optimizer optimizer, double T_max, double eta_min = 0, int last_epoch = -1, bool verbose = false) : base(optimizer,
                        last_epoch, verbose)
                    {
                        period = T_max;
                        floor = eta_min;
                        step();
                    }

                    protected override IEnumerable<double> get_lr()
                    {
                        if (Epoch == 0)
                        {
                            return CurrentRates();
                        }

                        if (Steps == 1 && Epoch > 0)
                        {
                            return get_closed_form_lr();
                        }

                        if ((Epoch - 1 - period) % (2 * period) == 0)
                        {
                            return CurrentRates().Zip(BaseRates, (rate, start) => rate + (start - floor) * (1 - Math.Cos(Math.PI / period)) / 2);
                        }

                        double ratio = (1 + Math.Cos(Math.PI * Epoch / period)) / (1 + Math.Cos(Math.PI * (Epoch - 1) / period));
                        return CurrentRates().Select(rate => ratio * (rate - floor) + floor);
                    }

                    protected override IEnumerable<double> get_closed_form_lr(
                        ) => BaseRates.Select(start => floor + (start - floor) * (1 + Math.Cos(Math.PI * Epoch / period)) / 2);
                }
            }
        }
    }
}
