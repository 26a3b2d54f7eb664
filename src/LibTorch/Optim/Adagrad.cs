using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class optim
        {
            /// <summary>Adagrad (Duchi, Hazan and Singer, JMLR 12, 2011): the gradient divided by the root of the sum of its squares so far.</summary>
            public static Adagrad Adagrad(
                IEnumerable<Parameter> parameters, double lr = 0.01, double lr_decay = 0, double weight_decay = 0,
                double initial_accumulator_value = 0, double eps = 1e-10) =>
                new(parameters, lr, lr_decay, weight_decay, initial_accumulator_value, eps);

            public static Adagrad Adagrad(
                IEnumerable<(string name, Parameter parameter)> parameters, double lr = 0.01, double lr_decay = 0, double weight_decay = 0,
                double initial_accumulator_value = 0, double eps = 1e-10) =>
                new(OptimizerHelper.Unnamed(parameters), lr, lr_decay, weight_decay, initial_accumulator_value, eps);

            public static Adagrad Adagrad(
                IEnumerable<Adagrad.ParamGroup> parameters, double lr = 0.01, double lr_decay = 0, double weight_decay = 0,
                double initial_accumulator_value = 0, double eps = 1e-10) =>
                new(parameters, lr, lr_decay, weight_decay, initial_accumulator_value, eps);
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>Adagrad (Duchi, Hazan and Singer, JMLR 12, 2011): the gradient divided by the root of the sum of its squares so far.</summary>
    public class Adagrad : OptimizerHelper
    {
        private readonly Options defaults;

        public Adagrad(
            IEnumerable<Parameter> parameters, double lr = 0.01, double lr_decay = 0, double weight_decay = 0, double initial_accumulator_value = 0,
            double eps = 1e-10)
            : this([new ParamGroup { Parameters = parameters }], lr, lr_decay, weight_decay, initial_accumulator_value, eps)
        {
        }

        public Adagrad(
            IEnumerable<ParamGroup> parameters, double lr = 0.01, double lr_decay = 0, double weight_decay = 0, double initial_accumulator_value = 0,
            double eps = 1e-10)
        {
            defaults = new Options
            {
                LearningRate = lr,
                lr_decay = lr_decay,
                weight_decay = weight_decay,
                initial_accumulator_value = initial_accumulator_value,
                eps = eps,
            };
            foreach (ParamGroup group in parameters)
            {
                add_param_group(group);
            }
        }

        public override void add_param_group(Modules.ParamGroup param_group) => Add(param_group, defaults, static p => new State(p));

        public override Tensor step(Func<Tensor>? closure = null) => _step<ParamGroup>(Update, closure);

        private void Update(ParamGroup group)
        {
            Options o = group.Options;
            using Batch<State> batch = Collect<State>(group, false, o.weight_decay);
            Array.ForEach(batch.States, static s => s.step++);
            foreach (Batch<State> same in batch.BySteps(static s => s.step))
            {
                Tensor[] sums = same.Pick(static s => s.sum);
                Foreach.AddcmulInPlace(sums, same.Gradients, same.Gradients, 1);
                Tensor[] roots = Foreach.Sqrt(sums);
                Foreach.AddInPlace(roots, o.eps!.Value);
                double rate = o.Rate / (1 + (same.States[0].step - 1) * o.lr_decay!.Value);
                Foreach.AddcdivInPlace(same.Parameters, same.Gradients, roots, -rate);
                Foreach.Dispose(roots);
            }
        }

        public class Options : OptimizerOptions
        {
            public double? lr_decay;
            public double? weight_decay;
            public double? initial_accumulator_value;
            public double? eps;

            internal override void Visit(FieldVisitor v)
            {
                v.Real(ref lr_decay);
                v.Real(ref initial_accumulator_value);
                v.Real(ref eps);
                v.Real(ref weight_decay);
            }
        }

        public class ParamGroup : ParamGroup<Options>
        {
            public ParamGroup()
            {
            }

            public ParamGroup(IEnumerable<Parameter> parameters, Options options) : base(parameters, options)
            {
            }

            public ParamGroup(
                IEnumerable<Parameter> parameters, double lr = 0.01, double lr_decay = 0, double weight_decay = 0,
                double initial_accumulator_value = 0, double eps = 1e-10)
                : base(parameters, new Options
                {
                    LearningRate = lr,
                    lr_decay = lr_decay,
                    weight_decay = weight_decay,
                    initial_accumulator_value = initial_accumulator_value,
                    eps = eps,
                })
            {
            }
        }

        public class State(Parameter parameter) : OptimizerState(parameter), IDisposable
        {
            public long step;
            public Tensor sum = null!;

            public override void Initialize(OptimizerOptions options)
            {
                step = 0;
                Reset(ref sum, ((Options)options).initial_accumulator_value ?? 0);
            }

            public void Dispose()
            {
                DisposeTensors();
                GC.SuppressFinalize(this);
            }

            internal override void Visit(FieldVisitor v)
            {
                v.Count(ref step);
                v.Tensor(ref sum);
            }
        }
    }
}
