using TorchSharp.Interop;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class optim
        {
            /// <summary>Resilient backpropagation (Riedmiller and Braun, 1993): each weight has a step size of its own, and only the sign of the gradient counts.</summary>
            public static Rprop Rprop(
                IEnumerable<Parameter> parameters, double lr = 0.01, double etaminus = 0.5, double etaplus = 1.2, double min_step = 1e-6,
                double max_step = 50, bool maximize = false) =>
                new(parameters, lr, etaminus, etaplus, min_step, max_step, maximize);

            public static Rprop Rprop(
                IEnumerable<(string name, Parameter parameter)> parameters, double lr = 0.01, double etaminus = 0.5, double etaplus = 1.2,
                double min_step = 1e-6, double max_step = 50, bool maximize = false) =>
                new(OptimizerHelper.Unnamed(parameters), lr, etaminus, etaplus, min_step, max_step, maximize);

            public static Rprop Rprop(
                IEnumerable<Rprop.ParamGroup> parameters, double lr = 0.01, double etaminus = 0.5, double etaplus = 1.2, double min_step = 1e-6,
                double max_step = 50, bool maximize = false) =>
                new(parameters, lr, etaminus, etaplus, min_step, max_step, maximize);
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>Resilient backpropagation (Riedmiller and Braun, 1993): each weight has a step size of its own, and only the sign of the gradient counts.</summary>
    public class Rprop : OptimizerHelper
    {
        private static readonly Op Mul = new("mul", "Tensor");
        private static readonly Op Greater = new("gt", "Scalar");
        private static readonly Op Less = new("lt", "Scalar");
        private static readonly Op OnesLike = new("ones_like");
        private static readonly Op MaskedFill = new("masked_fill_", "Scalar");
        private static readonly Op Clamp = new("clamp_");
        private static readonly Op Sign = new("sign");
        private readonly Options defaults;

        public Rprop(
            IEnumerable<Parameter> parameters, double lr = 0.01, double etaminus = 0.5, double etaplus = 1.2, double min_step = 1e-6,
            double max_step = 50, bool maximize = false)
            : this([new ParamGroup { Parameters = parameters }], lr, etaminus, etaplus, min_step, max_step, maximize)
        {
        }

        public Rprop(
            IEnumerable<ParamGroup> parameters, double lr = 0.01, double etaminus = 0.5, double etaplus = 1.2, double min_step = 1e-6,
            double max_step = 50, bool maximize = false)
        {
            defaults = new Options
            {
                LearningRate = lr,
                etaminus = etaminus,
                etaplus = etaplus,
                min_step = min_step,
                max_step = max_step,
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
            using Batch<State> batch = Collect<State>(group, o.maximize, null);
            for (int i = 0; i < batch.States.Length; i++)
            {
                batch.States[i].step++;
                Update(batch.States[i], batch.Parameters[i], batch.Gradients[i], o);
            }
        }

        /// <summary>A sign that stayed lets the step grow; one that turned shrinks it, and this weight rests for one step.</summary>
        private static void Update(State s, Tensor parameter, Tensor gradient, Options o)
        {
            using Tensor product = Mul.Call(gradient, s.prev);
            using Tensor stayed = Greater.Call(product, 0);
            using Tensor turned = Less.Call(product, 0);
            using Tensor factors = OnesLike.Call(gradient, Arg.None, Arg.None, Arg.None, Arg.None, Arg.None);
            MaskedFill.Run(factors, stayed, o.etaplus!.Value);
            MaskedFill.Run(factors, turned, o.etaminus!.Value);
            Foreach.MulInPlace([s.step_size], [factors]);
            Clamp.Run(s.step_size, o.min_step!.Value, o.max_step!.Value);
            Foreach.Copy(s.prev, gradient);
            MaskedFill.Run(s.prev, turned, 0);
            using Tensor direction = Sign.Call(s.prev);
            Foreach.AddcmulInPlace([parameter], [direction], [s.step_size], -1);
        }

        public class Options : OptimizerOptions
        {
            public double? etaminus;
            public double? etaplus;
            public double? min_step;
            public double? max_step;
            public bool? maximize;

            internal override void Visit(FieldVisitor v)
            {
                v.Flag(ref maximize);
                v.Real(ref etaminus);
                v.Real(ref etaplus);
                v.Real(ref min_step);
                v.Real(ref max_step);
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
                IEnumerable<Parameter> parameters, double lr = 0.01, double etaminus = 0.5, double etaplus = 1.2, double min_step = 1e-6,
                double max_step = 50, bool maximize = false)
                : base(parameters, new Options
                {
                    LearningRate = lr,
                    etaminus = etaminus,
                    etaplus = etaplus,
                    min_step = min_step,
                    max_step = max_step,
                    maximize = maximize,
                })
            {
            }
        }

        public class State(Parameter parameter) : OptimizerState(parameter), IDisposable
        {
            public long step;
            public Tensor prev = null!;
            public Tensor step_size = null!;

            public override void Initialize(OptimizerOptions options)
            {
                step = 0;
                Reset(ref prev);
                Reset(ref step_size, options.Rate);
            }

            public void Dispose()
            {
                DisposeTensors();
                GC.SuppressFinalize(this);
            }

            internal override void Visit(FieldVisitor v)
            {
                v.Count(ref step);
                v.Tensor(ref prev);
                v.Tensor(ref step_size);
            }
        }
    }
}
