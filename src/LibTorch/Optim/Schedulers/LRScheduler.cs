namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        /// <summary>Learning-rate schedules: make one after the optimiser, and step it after each epoch (or batch).</summary>
        public static partial class lr_scheduler
        {
            /// <summary>Sets the learning rates of an optimiser's parameter groups. Making one sets the rates of epoch 0.</summary>
            public abstract class LRScheduler
            {
                private readonly bool verbose;
                private double[] last = [];

                protected LRScheduler()
                {
                }

                protected LRScheduler(Optimizer optimizer, int last_epoch = -1, bool verbose = false)
                {
                    ArgumentNullException.ThrowIfNull(optimizer);
                    Controlled = optimizer;
                    Epoch = last_epoch;
                    this.verbose = verbose;
                    BaseRates = [.. optimizer.ParamGroups.Select(static g => g.InitialLearningRate)];
                    last = CurrentRates();
                }

                internal Optimizer? Controlled { get; private protected set; }

                internal int Epoch { get; set; } = -1;

                internal int Steps { get; set; }

                private protected double[] BaseRates { get; set; } = [];

                private protected List<ILearningRateController> ControlledGroups => Controlled is null ? [] : [.. Controlled.ParamGroups];

                public virtual void step() => step(null);

                /// <summary>Goes on to the next epoch, or straight to a given one.</summary>
                public virtual void step(int? epoch)
                {
                    Steps++;
                    Epoch = epoch ?? Epoch + 1;
                    double[] rates = [.. epoch is null ? get_lr() : get_closed_form_lr()];
                    List<ILearningRateController> groups = ControlledGroups;
                    for (int i = 0; i < Math.Min(rates.Length, groups.Count); i++)
                    {
                        if (verbose && groups[i].LearningRate != rates[i])
                        {
                            Console.WriteLine($"Learning rate of group {i}: {rates[i]:e4}");
                        }

                        groups[i].LearningRate = rates[i];
                    }

                    last = CurrentRates();
                }

                /// <param name="current">A metric, for the schedules that look at one.</param>
                public virtual void step(double current, int? epoch = null) => step(epoch);

                public IEnumerable<double> get_last_lr() => last;

                /// <summary>The rates of the current epoch, computed from those before it.</summary>
                protected virtual IEnumerable<double> get_lr() => CurrentRates();

                /// <summary>The rates of the current epoch, computed from the initial ones.</summary>
                protected virtual IEnumerable<double> get_closed_form_lr() => get_lr();

                private protected double[] CurrentRates() => Controlled is null ? [] : [.. Controlled.ParamGroups.Select(static g => g.LearningRate)];

                private protected void Remember() => last = CurrentRates();

                private protected IEnumerable<double> Times(double factor) => CurrentRates().Select(r => r * factor);

                private protected IEnumerable<double> BaseTimes(double factor) => BaseRates.Select(r => r * factor);

                /// <summary>One value for each group: a list of one counts for all.</summary>
                private protected static double[] PerGroup(IEnumerable<double> values, Optimizer optimizer, string name)
                {
                    double[] list = [.. values];
                    int n = optimizer.ParamGroups.Count();
                    return list.Length == n ? list
                        : list.Length == 1 ? [.. Enumerable.Repeat(list[0], n)]
                        : throw new ArgumentException($"{name} has {list.Length} values for {n} parameter groups.", name);
                }

                /// <summary>Sets the momentum, or Adam's beta1, of a group.</summary>
                private protected static void SetMomentum(ILearningRateController group, double momentum)
                {
                    switch (group)
                    {
                        case IMomentum m:
                            m.Momentum = momentum;
                            break;
                        case IBetas b:
                            b.Betas = (momentum, b.Betas.Item2);
                            break;
                        default:
                            throw new ArgumentException("This optimiser has no momentum to cycle: pass cycle_momentum: false.", nameof(group));
                    }
                }
            }
        }
    }
}
