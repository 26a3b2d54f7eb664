namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>A module of one input.</summary>
        public abstract class Module<T, TResult>
            : HookableModule<Func<Module<T, TResult>, T, T?>, Func<Module<T, TResult>, T, TResult, TResult?>>,
                IModule<T, TResult>
        {
            protected Module(string name) : base(name)
            {
            }

            public abstract TResult forward(T input);

            /// <summary>Runs the pre-hooks, which may replace the input, then <see cref="forward"/>, then the hooks, which may replace the output.</summary>
            public virtual TResult call(T input)
            {
                if (!HasHooks)
                {
                    return forward(input);
                }

                foreach (Hook<Func<Module<T, TResult>, T, T?>> hook in PreHooks)
                {
                    hook.Notify?.Invoke(this);
                    if (hook.Function is { } f && f(this, input) is { } replacement)
                    {
                        input = replacement;
                    }
                }

                TResult result = forward(input);
                foreach (Hook<Func<Module<T, TResult>, T, TResult, TResult?>> hook in PostHooks)
                {
                    hook.Notify?.Invoke(this);
                    if (hook.Function is { } f && f(this, input, result) is { } replacement)
                    {
                        result = replacement;
                    }
                }

                return result;
            }
        }

        /// <summary>A module of two inputs.</summary>
        public abstract class Module<T1, T2, TResult>
            : HookableModule<Func<Module<T1, T2, TResult>, T1, T2, (T1, T2)?>, Func<Module<T1, T2, TResult>, T1, T2, TResult, TResult?>>,
                IModule<T1, T2, TResult>
        {
            protected Module(string name) : base(name)
            {
            }

            public abstract TResult forward(T1 input1, T2 input2);

            public virtual TResult call(T1 input1, T2 input2)
            {
                if (!HasHooks)
                {
                    return forward(input1, input2);
                }

                foreach (Hook<Func<Module<T1, T2, TResult>, T1, T2, (T1, T2)?>> hook in PreHooks)
                {
                    hook.Notify?.Invoke(this);
                    if (hook.Function is { } f && f(this, input1, input2) is { } replacement)
                    {
                        (input1, input2) = replacement;
                    }
                }

                TResult result = forward(input1, input2);
                foreach (Hook<Func<Module<T1, T2, TResult>, T1, T2, TResult, TResult?>> hook in PostHooks)
                {
                    hook.Notify?.Invoke(this);
                    if (hook.Function is { } f && f(this, input1, input2, result) is { } replacement)
                    {
                        result = replacement;
                    }
                }

                return result;
            }
        }

        /// <summary>A module of three inputs.</summary>
        public abstract class Module<T1, T2, T3, TResult>
            : HookableModule<Func<Module<T1, T2, T3, TResult>, T1, T2, T3, (T1, T2, T3)?>, Func<Module<T1, T2, T3, TResult>, T1, T2, T3, TResult, TResult?>>,
                IModule<T1, T2, T3, TResult>
        {
            protected Module(string name) : base(name)
            {
            }

            public abstract TResult forward(T1 input1, T2 input2, T3 input3);

            public virtual TResult call(T1 input1, T2 input2, T3 input3)
            {
                if (!HasHooks)
                {
                    return forward(input1, input2, input3);
                }

                foreach (Hook<Func<Module<T1, T2, T3, TResult>, T1, T2, T3, (T1, T2, T3)?>> hook in PreHooks)
                {
                    hook.Notify?.Invoke(this);
                    if (hook.Function is { } f && f(this, input1, input2, input3) is { } replacement)
                    {
                        (input1, input2, input3) = replacement;
                    }
                }

                TResult result = forward(input1, input2, input3);
                foreach (Hook<Func<Module<T1, T2, T3, TResult>, T1, T2, T3, TResult, TResult?>> hook in PostHooks)
                {
                    hook.Notify?.Invoke(this);
                    if (hook.Function is { } f && f(this, input1, input2, input3, result) is { } replacement)
                    {
                        result = replacement;
                    }
                }

                return result;
            }
        }

        /// <summary>A module of four inputs.</summary>
        public abstract class Module<T1, T2, T3, T4, TResult>
            : HookableModule<Func<Module<T1, T2, T3, T4, TResult>, T1, T2, T3, T4, (T1, T2, T3, T4)?>, Func<Module<T1, T2, T3, T4, TResult>, T1, T2, T3, T4, TResult, TResult?>>,
                IModule<T1, T2, T3, T4, TResult>
        {
            protected Module(string name) : base(name)
            {
            }

            public abstract TResult forward(T1 input1, T2 input2, T3 input3, T4 input4);

            public virtual TResult call(T1 input1, T2 input2, T3 input3, T4 input4)
            {
                if (!HasHooks)
                {
                    return forward(input1, input2, input3, input4);
                }

                foreach (Hook<Func<Module<T1, T2, T3, T4, TResult>, T1, T2, T3, T4, (T1, T2, T3, T4)?>> hook in PreHooks)
                {
                    hook.Notify?.Invoke(this);
                    if (hook.Function is { } f && f(this, input1, input2, input3, input4) is { } replacement)
                    {
                        (input1, input2, input3, input4) = replacement;
                    }
                }

                TResult result = forward(input1, input2, input3, input4);
                foreach (Hook<Func<Module<T1, T2, T3, T4, TResult>, T1, T2, T3, T4, TResult, TResult?>> hook in PostHooks)
                {
                    hook.Notify?.Invoke(this);
                    if (hook.Function is { } f && f(this, input1, input2, input3, input4, result) is { } replacement)
                    {
                        result = replacement;
                    }
                }

                return result;
            }
        }

        /// <summary>A module of five inputs.</summary>
        public abstract class Module<T1, T2, T3, T4, T5, TResult>
            : HookableModule<Func<Module<T1, T2, T3, T4, T5, TResult>, T1, T2, T3, T4, T5, (T1, T2, T3, T4, T5)?>, Func<Module<T1, T2, T3, T4, T5, TResult>, T1, T2, T3, T4, T5, TResult, TResult?>>,
                IModule<T1, T2, T3, T4, T5, TResult>
        {
            protected Module(string name) : base(name)
            {
            }

            public abstract TResult forward(T1 input1, T2 input2, T3 input3, T4 input4, T5 input5);

            public virtual TResult call(T1 input1, T2 input2, T3 input3, T4 input4, T5 input5)
            {
                if (!HasHooks)
                {
                    return forward(input1, input2, input3, input4, input5);
                }

                foreach (Hook<Func<Module<T1, T2, T3, T4, T5, TResult>, T1, T2, T3, T4, T5, (T1, T2, T3, T4, T5)?>> hook in PreHooks)
                {
                    hook.Notify?.Invoke(this);
                    if (hook.Function is { } f && f(this, input1, input2, input3, input4, input5) is { } replacement)
                    {
                        (input1, input2, input3, input4, input5) = replacement;
                    }
                }

                TResult result = forward(input1, input2, input3, input4, input5);
                foreach (Hook<Func<Module<T1, T2, T3, T4, T5, TResult>, T1, T2, T3, T4, T5, TResult, TResult?>> hook in PostHooks)
                {
                    hook.Notify?.Invoke(this);
                    if (hook.Function is { } f && f(this, input1, input2, input3, input4, input5, result) is { } replacement)
                    {
                        result = replacement;
                    }
                }

                return result;
            }
        }

        /// <summary>A module of six inputs.</summary>
        public abstract class Module<T1, T2, T3, T4, T5, T6, TResult>
            : HookableModule<Func<Module<T1, T2, T3, T4, T5, T6, TResult>, T1, T2, T3, T4, T5, T6, (T1, T2, T3, T4, T5, T6)?>, Func<Module<T1, T2, T3, T4, T5, T6, TResult>, T1, T2, T3, T4, T5, T6, TResult, TResult?>>,
                IModule<T1, T2, T3, T4, T5, T6, TResult>
        {
            protected Module(string name) : base(name)
            {
            }

            public abstract TResult forward(T1 input1, T2 input2, T3 input3, T4 input4, T5 input5, T6 input6);

            public virtual TResult call(T1 input1, T2 input2, T3 input3, T4 input4, T5 input5, T6 input6)
            {
                if (!HasHooks)
                {
                    return forward(input1, input2, input3, input4, input5, input6);
                }

                foreach (Hook<Func<Module<T1, T2, T3, T4, T5, T6, TResult>, T1, T2, T3, T4, T5, T6, (T1, T2, T3, T4, T5, T6)?>> hook in PreHooks)
                {
                    hook.Notify?.Invoke(this);
                    if (hook.Function is { } f && f(this, input1, input2, input3, input4, input5, input6) is { } replacement)
                    {
                        (input1, input2, input3, input4, input5, input6) = replacement;
                    }
                }

                TResult result = forward(input1, input2, input3, input4, input5, input6);
                foreach (Hook<Func<Module<T1, T2, T3, T4, T5, T6, TResult>, T1, T2, T3, T4, T5, T6, TResult, TResult?>> hook in PostHooks)
                {
                    hook.Notify?.Invoke(this);
                    if (hook.Function is { } f && f(this, input1, input2, input3, input4, input5, input6, result) is { } replacement)
                    {
                        result = replacement;
                    }
                }

                return result;
            }
        }
    }
}
