using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class optim
        {
            /// <summary>Averaged stochastic gradient descent (Polyak and Juditsky, 1992); the average is in the state.</summary>
            public static ASGD ASGD(
                IEnumerable<Parameter> parameters, double lr = 1e-3, double lambd = 1e-4, double alpha = 0.75, double t0 = 1e6,
                double weight_decay = 0, bool maximize = false) =>
                new(parameters, lr, lambd, alpha, t0, weight_decay, maximize);

            public static ASGD ASGD(
                IEnumerable<(string name, Parameter parameter)> parameters, double lr = 1e-3, double lambd = 1e-4, double alpha = 0.75,
                double t0 = 1e6, double weight_decay = 0, bool maximize = false) =>
                new(OptimizerHelper.Unnamed(parameters), lr, lambd, alpha, t0, weight_decay, maximize);

            public static ASGD ASGD(
                IEnumerable<ParamGroup<ASGD.Options>> parameters, double lr = 1e-3, double lambd = 1e-4, double alpha = 0.75, double t0 = 1e6,
                double weight_decay = 0, bool maximize = false) =>
                new(parameters, lr, lambd, alpha, t0, weight_decay, maximize);
        }
    }
}

namespace TorchSharp.Modules
{
    /// <summary>Averaged stochastic gradient descent (Polyak and Juditsky, 1992); the average is in the state.</summary>
    public class ASGD : OptimizerHelper
    {
        private readonly Options defaults;

        public ASGD(
            IEnumerable<Parameter> parameters, double lr = 0.01, double lambd = 1e-4, double alpha = 0.75, double t0 = 1e6, double weight_decay = 0,
            bool maximize = false)
            : this([new ParamGroup { Parameters = parameters }], lr, lambd, alpha, t0, weight_decay, maximize)
        {
        }

        public ASGD(
            IEnumerable<ParamGroup<Options>> parameters, double lr = 0.01, double lambd = 1e-4, double alpha = 0.75, double t0 = 1e6,
            double weight_decay = 0, bool maximize = false)
        {
            defaults = new Options
            {
                LearningRate = lr,
                lambd = lambd,
                alpha = alpha,
                t0 = t0,
                weight_decay = weight_decay,
                maximize = maximize,
            };
            foreach (ParamGroup<Options> group in parameters)
            {
                add_param_group(group);
            }
        }

        public override void add_param_group(Modules.ParamGroup param_group) => Add(param_group, defaults, static p => new State(p));

        public override Tensor step(Func<Tensor>? closure = null) => _step<ParamGroup<Options>>(Update, closure);

        private void Update(ParamGroup<Options> group)
        {
            Options o = group.Options;
            using Batch<State> batch = Collect<State>(group, o.maximize, o.weight_decay);
            for (int i = 0; i < batch.States.Length; i++)
            {
                State s = batch.States[i];
                Tensor parameter = batch.Parameters[i];
                s.step++;
                Foreach.MulInPlace([parameter], 1 - o.lambd!.Value * s.eta);
                Foreach.AddInPlace([parameter], [batch.Gradients[i]], -s.eta);
                if (s.mu == 1)
                {
                    Foreach.Copy(s.ax, parameter);
                }
                else
                {
                    Tensor[] step = Foreach.Add([parameter], [s.ax], -1);
                    Foreach.AddInPlace([s.ax], step, s.mu);
                    Foreach.Dispose(step);
                }

                s.eta = o.Rate / Math.Pow(1 + o.lambd!.Value * o.Rate * s.step, o.alpha!.Value);
                s.mu = 1 / Math.Max(1, s.step - o.t0!.Value);
            }
        }

        public class Options : OptimizerOptions
        {
            public double? lambd;
            public double? alpha;
            public double? t0;
            public double? weight_decay;
            public bool? maximize;

            internal override void Visit(FieldVisitor v)
            {
                v.Flag(ref maximize);
                v.Real(ref lambd);
                v.Real(ref alpha);
                v.Real(ref weight_decay);
                v.Real(ref t0);
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
                IEnumerable<Parameter> parameters, double lr = 0.01, double lambd = 1e-4, double alpha = 0.75, double t0 = 1e6, double weight_decay = 0)
                : base(parameters, new Options { LearningRate = lr, lambd = lambd, alpha = alpha, t0 = t0, weight_decay = weight_decay })
            {
            }
        }

        public class State(Parameter parameter) : OptimizerState(parameter), IDisposable
        {
            public long step;
            public double eta;
            public double mu;
            public Tensor ax = null!;

            public override void Initialize(OptimizerOptions options)
            {
                step = 0;
                eta = options.Rate;
                mu = 1;
                Reset(ref ax);
            }

            public void Dispose()
            {
                DisposeTensors();
                GC.SuppressFinalize(this);
            }

            internal override void Visit(FieldVisitor v)
            {
                v.Count(ref step);
                v.Real(ref eta);
                v.Real(ref mu);
                v.Tensor(ref ax);
            }
        }
    }
}
