using static TorchSharp.torch.optim.lr_scheduler.impl;

namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            /// <summary>Steps all the schedules at each step.</summary>
            public static LRScheduler ChainedLR(IEnumerable<LRScheduler> schedulers) => new ChainedLR(schedulers);

            /// <summary>One schedule after the other; schedule i + 1 starts at milestone i.</summary>
            public static LRScheduler SequentialLR(
                Optimizer optimizer, IEnumerable<LRScheduler> schedulers, IEnumerable<int> milestones, int last_epoch = -1) =>
                new SequentialLR(optimizer, schedulers, milestones, last_epoch);

            public static partial class impl
            {
                public class ChainedLR : LRScheduler
                {
                    private readonly LRScheduler[] chain;

                    public ChainedLR(IEnumerable<LRScheduler> schedulers)
                    {
                        chain = [.. schedulers];
                        if (chain.Length == 0)
                        {
                            throw new ArgumentException("A chain needs a schedule.", nameof(schedulers));
                        }

                        RequireSameOptimizer(chain, chain[0].Controlled, nameof(schedulers));
                        Controlled = chain[0].Controlled;
                        Remember();
                    }

                    public override void step()
                    {
                        foreach (LRScheduler s in chain)
                        {
                            s.step();
                        }

                        Remember();
                    }
                }

                public class SequentialLR : LRScheduler
                {
                    private readonly LRScheduler[] parts;
                    private readonly int[] milestones;

                    public SequentialLR(
                        Optimizer optimizer, IEnumerable<LRScheduler> schedulers, IEnumerable<int> milestones, int last_epoch = -1) : base(optimizer,
                        last_epoch + 1)
                    {
                        parts = [.. schedulers];
                        this.milestones = [.. milestones];
                        if (parts.Length == 0 || this.milestones.Length != parts.Length - 1)
                        {
                            throw new ArgumentException($"{parts.Length} schedules need one milestone less, not {this.milestones.Length}.", nameof(milestones));
                        }

                        RequireSameOptimizer(parts, optimizer, nameof(schedulers));
                        foreach (ILearningRateController group in ControlledGroups)
                        {
                            group.LearningRate = group.InitialLearningRate;
                        }

                        // Each schedule has set its epoch 0 when it was made; only the first one's counts.
                        foreach (LRScheduler s in parts)
                        {
                            s.Epoch--;
                        }

                        parts[0].Steps = 0;
                        parts[0].step();
                        Remember();
                    }

                    protected override IEnumerable<double> get_lr()
                    {
                        int current = milestones.Count(m => m <= Epoch);
                        if (current > 0 && milestones[current - 1] == Epoch)
                        {
                            parts[current].step(0);
                        }
                        else
                        {
                            parts[current].step();
                        }

                        return CurrentRates();
                    }
                }

                private static void RequireSameOptimizer(LRScheduler[] schedulers, Optimizer? optimizer, string name)
                {
                    if (Array.Exists(schedulers, s => s.Controlled != optimizer))
                    {
                        throw new ArgumentException("All schedules must be of the same optimiser.", name);
                    }
                }
            }
        }
    }
}
