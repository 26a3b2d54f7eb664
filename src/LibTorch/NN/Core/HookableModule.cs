namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>A module whose calls can be watched and changed. Hooks run in the order in which they were registered.</summary>
        public abstract class HookableModule<TPreHook, TPostHook> : Module
            where TPreHook : Delegate
            where TPostHook : Delegate
        {
            private long nextKey;
            private Hook<TPreHook>[] preHooks = [];
            private Hook<TPostHook>[] postHooks = [];

            protected HookableModule(string name) : base(name)
            {
            }

            internal bool HasHooks => preHooks.Length + postHooks.Length > 0;

            internal Hook<TPreHook>[] PreHooks => preHooks;

            internal Hook<TPostHook>[] PostHooks => postHooks;

            /// <summary>Adds a hook that runs after forward; what it returns replaces the output, null leaves it.</summary>
            public HookRemover register_forward_hook(TPostHook hook) => AddPost(hook, null);

            public HookRemover register_forward_hook(Action<Module> hook) => AddPost(null, hook);

            /// <summary>Adds a hook that runs before forward; what it returns replaces the input, null leaves it.</summary>
            public HookRemover register_forward_pre_hook(TPreHook hook) => AddPre(hook, null);

            public HookRemover register_forward_pre_hook(Action<Module> hook) => AddPre(null, hook);

            private HookRemover AddPre(TPreHook? hook, Action<Module>? notify)
            {
                string key = NewKey();
                preHooks = [.. preHooks, new(key, hook, notify)];
                return new HookRemover(this, key);
            }

            private HookRemover AddPost(TPostHook? hook, Action<Module>? notify)
            {
                string key = NewKey();
                postHooks = [.. postHooks, new(key, hook, notify)];
                return new HookRemover(this, key);
            }

            private string NewKey() => Interlocked.Increment(ref nextKey).ToString();

            private void Remove(string key)
            {
                preHooks = Array.FindAll(preHooks, h => h.Key != key);
                postHooks = Array.FindAll(postHooks, h => h.Key != key);
            }

            /// <summary>Removes one hook again.</summary>
            public class HookRemover(HookableModule<TPreHook, TPostHook> module, string key)
            {
                public void remove() => module.Remove(key);
            }
        }

        internal readonly record struct Hook<T>(string Key, T? Function, Action<Module>? Notify) where T : Delegate;
    }
}
