using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules;

/// <summary>A module without parameters, buffers and submodules of its own, and so with nothing to convert or save.</summary>
public interface IParameterLessModule
{
}

internal static class ParameterLess
{
    internal static InvalidOperationException Refusal(Module module, string what, string name) =>
        new($"{module.GetName()} is a module without parameters: it cannot hold the {what} '{name}'.");
}

/// <inheritdoc cref="IParameterLessModule"/>
public abstract class ParameterLessModule<T, TResult> : Module<T, TResult>, IParameterLessModule
{
    protected ParameterLessModule(string name) : base(name)
    {
    }

    public override void register_buffer(string name, Tensor tensor, bool persistent = true) => throw ParameterLess.Refusal(this, "buffer", name);

    public override void register_parameter(string name, Parameter? param) => throw ParameterLess.Refusal(this, "parameter", name);

    public override void register_module(string name, Module? submodule)
    {
        if (submodule is not (null or IParameterLessModule))
        {
            throw ParameterLess.Refusal(this, "module", name);
        }

        base.register_module(name, submodule);
    }

    protected internal override Module _to(Device device, ScalarType dtype, bool non_blocking) => this;

    protected internal override Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking) => this;

    protected internal override Module _to(ScalarType dtype, bool non_blocking) => this;
}

/// <inheritdoc cref="IParameterLessModule"/>
public abstract class ParameterLessModule<T1, T2, TResult> : Module<T1, T2, TResult>, IParameterLessModule
{
    protected ParameterLessModule(string name) : base(name)
    {
    }

    public override void register_buffer(string name, Tensor tensor, bool persistent = true) => throw ParameterLess.Refusal(this, "buffer", name);

    public override void register_parameter(string name, Parameter? param) => throw ParameterLess.Refusal(this, "parameter", name);

    public override void register_module(string name, Module? submodule)
    {
        if (submodule is not (null or IParameterLessModule))
        {
            throw ParameterLess.Refusal(this, "module", name);
        }

        base.register_module(name, submodule);
    }

    protected internal override Module _to(Device device, ScalarType dtype, bool non_blocking) => this;

    protected internal override Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking) => this;

    protected internal override Module _to(ScalarType dtype, bool non_blocking) => this;
}

/// <inheritdoc cref="IParameterLessModule"/>
public abstract class ParameterLessModule<T1, T2, T3, TResult> : Module<T1, T2, T3, TResult>, IParameterLessModule
{
    protected ParameterLessModule(string name) : base(name)
    {
    }

    public override void register_buffer(string name, Tensor tensor, bool persistent = true) => throw ParameterLess.Refusal(this, "buffer", name);

    public override void register_parameter(string name, Parameter? param) => throw ParameterLess.Refusal(this, "parameter", name);

    public override void register_module(string name, Module? submodule)
    {
        if (submodule is not (null or IParameterLessModule))
        {
            throw ParameterLess.Refusal(this, "module", name);
        }

        base.register_module(name, submodule);
    }

    protected internal override Module _to(Device device, ScalarType dtype, bool non_blocking) => this;

    protected internal override Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking) => this;

    protected internal override Module _to(ScalarType dtype, bool non_blocking) => this;
}

/// <inheritdoc cref="IParameterLessModule"/>
public abstract class ParameterLessModule<T1, T2, T3, T4, TResult> : Module<T1, T2, T3, T4, TResult>, IParameterLessModule
{
    protected ParameterLessModule(string name) : base(name)
    {
    }

    public override void register_buffer(string name, Tensor tensor, bool persistent = true) => throw ParameterLess.Refusal(this, "buffer", name);

    public override void register_parameter(string name, Parameter? param) => throw ParameterLess.Refusal(this, "parameter", name);

    public override void register_module(string name, Module? submodule)
    {
        if (submodule is not (null or IParameterLessModule))
        {
            throw ParameterLess.Refusal(this, "module", name);
        }

        base.register_module(name, submodule);
    }

    protected internal override Module _to(Device device, ScalarType dtype, bool non_blocking) => this;

    protected internal override Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking) => this;

    protected internal override Module _to(ScalarType dtype, bool non_blocking) => this;
}

/// <inheritdoc cref="IParameterLessModule"/>
public abstract class ParameterLessModule<T1, T2, T3, T4, T5, TResult> : Module<T1, T2, T3, T4, T5, TResult>, IParameterLessModule
{
    protected ParameterLessModule(string name) : base(name)
    {
    }

    public override void register_buffer(string name, Tensor tensor, bool persistent = true) => throw ParameterLess.Refusal(this, "buffer", name);

    public override void register_parameter(string name, Parameter? param) => throw ParameterLess.Refusal(this, "parameter", name);

    public override void register_module(string name, Module? submodule)
    {
        if (submodule is not (null or IParameterLessModule))
        {
            throw ParameterLess.Refusal(this, "module", name);
        }

        base.register_module(name, submodule);
    }

    protected internal override Module _to(Device device, ScalarType dtype, bool non_blocking) => this;

    protected internal override Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking) => this;

    protected internal override Module _to(ScalarType dtype, bool non_blocking) => this;
}

/// <inheritdoc cref="IParameterLessModule"/>
public abstract class ParameterLessModule<T1, T2, T3, T4, T5, T6, TResult> : Module<T1, T2, T3, T4, T5, T6, TResult>, IParameterLessModule
{
    protected ParameterLessModule(string name) : base(name)
    {
    }

    public override void register_buffer(string name, Tensor tensor, bool persistent = true) => throw ParameterLess.Refusal(this, "buffer", name);

    public override void register_parameter(string name, Parameter? param) => throw ParameterLess.Refusal(this, "parameter", name);

    public override void register_module(string name, Module? submodule)
    {
        if (submodule is not (null or IParameterLessModule))
        {
            throw ParameterLess.Refusal(this, "module", name);
        }

        base.register_module(name, submodule);
    }

    protected internal override Module _to(Device device, ScalarType dtype, bool non_blocking) => this;

    protected internal override Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking) => this;

    protected internal override Module _to(ScalarType dtype, bool non_blocking) => this;
}
