using static TorchSharp.torch.optim.lr_scheduler.impl;

namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            /// <summary>One rise of the rate to max_lr and a long fall below where it began, the momentum moving the other way (arXiv:1708.07120). Step it after each batch.</summary>
            public static LRScheduler OneCycleLR(
                Optimizer optimizer, double max_lr, int total_steps = -1, int epochs = -1, int steps_per_epoch = -1, double pct_start = 0.3,
                OneCycleLR.AnnealStrategy anneal_strategy = impl.OneCycleLR.AnnealStrategy.Cos, bool cycle_momentum = true,
                double base_momentum = 0.85, double max_momentum = 0.95, double div_factor = 25, double final_div_factor = 1e4,
                bool three_phase = false, int last_epoch = -1, bool verbose = false) =>
                new OneCycleLR(
                    optimizer, max_lr, total_steps, epochs, steps_per_epoch, pct_start, anneal_strategy, cycle_momentum, base_momentum, max_momentum,
                    div_factor, final_div_factor, three_phase, last_epoch, verbose);

            public static LRScheduler OneCycleLR(
                Optimizer optimizer, IEnumerable<double> max_lr, int total_steps = -1, int epochs = -1, int steps_per_epoch = -1,
                double pct_start = 0.3, OneCycleLR.AnnealStrategy anneal_strategy = impl.OneCycleLR.AnnealStrategy.Cos, bool cycle_momentum = true,
                IEnumerable<double>? base_momentum = null, IEnumerable<double>? max_momentum = null, double div_factor = 25,
                double final_div_factor = 1e4, bool three_phase = false, int last_epoch = -1, bool verbose = false) =>
                new OneCycleLR(
                    optimizer, max_lr, total_steps, epochs, steps_per_epoch, pct_start, anneal_strategy, cycle_momentum, base_momentum, max_momentum,
                    div_factor, final_div_factor, three_phase, last_epoch, verbose);

            public static partial class impl
            {
                public class OneCycleLR : LRScheduler
                {
                    private readonly int total;
                    private readonly AnnealStrategy strategy;
                    private readonly double[] start, peak, end, momentumLow = [], momentumHigh = [];
                    private readonly Phase[] phases;

                    public OneCycleLR(
                        Optimizer optimizer, double max_lr, int total_steps = -1, int epochs = -1, int steps_per_epoch = -1, double pct_start = 0.3,
                        AnnealStrategy anneal_strategy = AnnealStrategy.Cos, bool cycle_momentum = true, double base_momentum = 0.85,
                        double max_momentum = 0.95, double div_factor = 25, double final_div_factor = 1e4, bool three_phase = false,
                        int last_epoch = -1, bool verbose = false)
                        : this(
                            optimizer, [max_lr], total_steps, epochs, steps_per_epoch, pct_start, anneal_strategy, cycle_momentum, [base_momentum],
                            [max_momentum], div_factor, final_div_factor, three_phase, last_epoch, verbose)
                    {
                    }

                    public OneCycleLR(
                        Optimizer optimizer, IEnumerable<double> max_lr, int total_steps = -1, int epochs = -1, int steps_per_epoch = -1,
                        double pct_start = 0.3, AnnealStrategy anneal_strategy = AnnealStrategy.Cos, bool cycle_momentum = true,
                        IEnumerable<double>? base_momentum = null, IEnumerable<double>? max_momentum = null, double div_factor = 25,
                        double final_div_factor = 1e4, bool three_phase = false, int last_epoch = -1, bool verbose = false)
                        : base(optimizer, last_epoch, verbose)
                    {
                        total = total_steps > 0 ? total_steps
                            : epochs > 0 && steps_per_epoch > 0 ? epochs * steps_per_epoch
                            : throw new ArgumentException("Give either total_steps, or epochs and steps_per_epoch.", nameof(total_steps));
                        if (pct_start is not (>= 0 and <= 1))
                        {
                            throw new ArgumentOutOfRangeException(nameof(pct_start), pct_start, "A fraction lies between 0 and 1.");
                        }

                        strategy = anneal_strategy;
                        peak = PerGroup(max_lr, optimizer, nameof(max_lr));
                        start = [.. peak.Select(p => p / div_factor)];
                        end = [.. start.Select(s => s / final_div_factor)];
                        if (cycle_momentum)
                        {
                            momentumLow = PerGroup(base_momentum ?? [0.85], optimizer, nameof(base_momentum));
                            momentumHigh = PerGroup(max_momentum ?? [0.95], optimizer, nameof(max_momentum));
                        }

                        phases = three_phase
                            ?
                            [
                                new(pct_start * total - 1, start, peak, momentumHigh, momentumLow),
                                new(2 * pct_start * total - 2, peak, start, momentumLow, momentumHigh),
                                new(total - 1, start, end, momentumHigh, momentumHigh),
                            ]
                            :
                            [
                                new(pct_start * total - 1, start, peak, momentumHigh, momentumLow),
                                new(total - 1, peak, end, momentumLow, momentumHigh),
                            ];
                        if (last_epoch == -1)
                        {
                            List<ILearningRateController> groups = ControlledGroups;
                            for (int i = 0; i < groups.Count; i++)
                            {
                                groups[i].InitialLearningRate = start[i];
                            }
                        }

                        step();
                    }

                    public enum AnnealStrategy
                    {
                        Cos = 0,
                        Linear = 1,
                    }

                    protected override IEnumerable<double> get_lr()
                    {
                        if (Epoch > total)
                        {
                            throw new InvalidOperationException($"Step {Epoch + 1} of a schedule of {total} steps.");
                        }

                        int current = Array.FindIndex(phases, p => Epoch <= p.End);
                        Phase phase = current < 0 ? phases[^1] : phases[current];
                        double before = current == 0 ? 0 : phases[(current < 0 ? phases.Length - 1 : current) - 1].End;
                        double done = (Epoch - before) / (phase.End - before);
                        List<ILearningRateController> groups = ControlledGroups;
                        for (int i = 0; i < momentumLow.Length; i++)
                        {
                            SetMomentum(groups[i], Anneal(phase.MomentumFrom[i], phase.MomentumTo[i], done));
                        }

                        return phase.RateFrom.Zip(phase.RateTo, (from, to) => Anneal(from, to, done));
                    }

                    private double Anneal(double from, double to, double done) => strategy == AnnealStrategy.Linear
                        ? (to - from) * done + from
                        : to + (from - to) / 2 * (Math.Cos(Math.PI * done) + 1);

                    private sealed record Phase(double End, double[] RateFrom, double[] RateTo, double[] MomentumFrom, double[] MomentumTo);
                }
            }
        }
    }
}
