using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class optim
        {
            /// <summary>Adadelta (arXiv:1212.5701).</summary>
            public static Adadelta Adadelta(
                IEnumerable<Parameter> parameters, double lr = 1.0, double rho = 0.9, double eps = 1e-6, double weight_decay = 0, bool maximize = false) =>
                new(parameters, lr, rho, eps, weight_decay, maximize);

            public static Adadelta Adadelta(
                IEnumerable<(string name, Parameter parameter)> parameters, double lr = 1.0, double rho = 0.9, double eps = 1e-6,
                double weight_decay = 0, bool maximize = false) =>
                new(OptimizerHelper.Unnamed(parameters), lr, rho, eps, weight_decay, maximize);

            public static Adadelta Adadelta(
                IEnumerable<Adadelta.ParamGroup> parameters, double lr = 1.0, double rho = 0.9, double eps = 1e-6, double weight_decay = 0,
                bool maximize = false) =>
                new(parameters, lr, rho, eps, weight_decay, maximize);
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>Adadelta (arXiv:1212.5701).</summary>
    public class Adadelta : OptimizerHelper
    {
        private readonly Options defaults;

        public Adadelta(IEnumerable<Parameter> parameters, double lr, double rho = 0.9, double eps = 1e-6, double weight_decay = 0, bool maximize = false)
            : this([new ParamGroup { Parameters = parameters }], lr, rho, eps, weight_decay, maximize)
        {
        }

        public Adadelta(
            IEnumerable<ParamGroup> parameters, double lr = 1.0, double rho = 0.9, double eps = 1e-6, double weight_decay = 0, bool maximize = false)
        {
            defaults = new Options
            {
                LearningRate = lr,
                rho = rho,
                eps = eps,
                weight_decay = weight_decay,
                maximize = maximize,
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
            using Batch<State> batch = Collect<State>(group, o.maximize, o.weight_decay);
            if (batch.IsEmpty)
            {
                return;
            }

            double rho = o.rho!.Value, eps = o.eps!.Value;
            Tensor[] gradients = batch.Gradients, squares = batch.Pick(static s => s.square_avg), moves = batch.Pick(static s => s.acc_delta);
            Array.ForEach(batch.States, static s => s.step++);
            Foreach.MulInPlace(squares, rho);
            Foreach.AddcmulInPlace(squares, gradients, gradients, 1 - rho);
            Tensor[] roots = Foreach.Add(squares, eps);
            Foreach.SqrtInPlace(roots);
            Tensor[] deltas = Foreach.Add(moves, eps);
            Foreach.SqrtInPlace(deltas);
            Foreach.DivInPlace(deltas, roots);
            Foreach.MulInPlace(deltas, gradients);
            Foreach.MulInPlace(moves, rho);
            Foreach.AddcmulInPlace(moves, deltas, deltas, 1 - rho);
            Foreach.AddInPlace(batch.Parameters, deltas, -o.Rate);
            Foreach.Dispose(roots);
            Foreach.Dispose(deltas);
        }

        public class Options : OptimizerOptions
        {
            public double? rho;
            public double? eps;
            public double? weight_decay;
            public bool? maximize;

            internal override void Visit(FieldVisitor v)
            {
                v.Real(ref rho);
                v.Real(ref eps);
                v.Real(ref weight_decay);
                v.Flag(ref maximize);
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
                IEnumerable<Parameter> parameters, double lr = 1.0, double rho = 0.9, double eps = 1e-6, double weight_decay = 0, bool maximize = false)
                : base(parameters, new Options { LearningRate = lr, rho = rho, eps = eps, weight_decay = weight_decay, maximize = maximize })
            {
            }
        }

        public class State(Parameter parameter) : OptimizerState(parameter), IDisposable
        {
            public long step;
            public Tensor square_avg = null!;
            public Tensor acc_delta = null!;

            public override void Initialize(OptimizerOptions options)
            {
                step = 0;
                Reset(ref square_avg);
                Reset(ref acc_delta);
            }

            public void Dispose()
            {
                DisposeTensors();
                GC.SuppressFinalize(this);
            }

            internal override void Visit(FieldVisitor v)
            {
                v.Count(ref step);
                v.Tensor(ref square_avg);
                v.Tensor(ref acc_delta);
            }
        }
    }
}
