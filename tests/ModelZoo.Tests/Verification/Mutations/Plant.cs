using System.Reflection;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Verification.Mutations;

/// <summary>Ways to plant a fault.</summary>
internal static class Plant
{
    /// <summary>The module of this name.</summary>
    public static T In<T>(nn.Module model, string name)
        where T : nn.Module => FaultTests.Find<T>(model, name);

    /// <summary>
    /// Puts another module in the place of the one of this name: in its owner's field, or, in a Sequential, in a new one that takes the old one's place.
    /// </summary>
    public static void Replace(nn.Module root, string name, Func<nn.Module, nn.Module?> other)
    {
        int dot = name.LastIndexOf('.');
        string last = name[(dot + 1)..];
        nn.Module owner = dot < 0 ? root : In<nn.Module>(root, name[..dot]);
        if (owner is Sequential)
        {
            Replace(root, name[..dot], _ =>
            {
                Sequential anew = nn.Sequential();
                foreach ((string child, nn.Module module) in owner.named_children())
                {
                    if ((child == last ? other(module) : module) is { } kept)
                    {
                        anew.append(child, (nn.Module<Tensor, Tensor>)kept);
                    }
                }

                return anew;
            });
            return;
        }

        (string Name, nn.Module Module)[] children = [.. owner.named_children()];
        nn.Module replaced = other(children.Single(c => c.Name == last).Module)!;
        owner.GetType().GetField(last, BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public)!.SetValue(owner, replaced);
        foreach ((string child, _) in children)
        {
            owner.register_module(child, null!);
        }

        foreach ((string child, nn.Module module) in children)
        {
            owner.register_module(child, child == last ? replaced : module);
        }
    }

    /// <summary>Wires the module of this name anew.</summary>
    public static void Rewire(nn.Module root, string name, Func<Rewired.Wires, Tensor, Tensor> body, params (string Name, nn.Module Module)[] replaced) =>
        Replace(root, name, module => new Rewired(module, body, replaced));

    /// <summary>Leaves a module out of a Sequential.</summary>
    public static void Remove(nn.Module root, string name) => Replace(root, name, _ => null);

    /// <summary>The leaf says what it said, but gives what this makes of its input and its output.</summary>
    public static void Lie<T>(nn.Module model, string name, Func<T, Tensor, Tensor, Tensor> gives)
        where T : nn.Module<Tensor, Tensor>
    {
        T leaf = In<T>(model, name);
        leaf.register_forward_hook((_, x, y) => gives(leaf, x, y));
    }

    /// <summary>The same of a leaf that takes several tensors.</summary>
    public static void LieJoin(nn.Module model, string name, Func<Tensor[], Tensor> gives) =>
        In<nn.Module<Tensor[], Tensor>>(model, name).register_forward_hook((_, xs, _) => gives(xs));

    /// <summary>The same of a leaf that takes two.</summary>
    public static void LiePair(nn.Module model, string name, Func<Tensor, Tensor, Tensor> gives) =>
        In<nn.Module<Tensor, Tensor, Tensor>>(model, name).register_forward_hook((_, a, b, _) => gives(a, b));

    public static void FlipBit(Tensor tensor, int at, int bit) => FaultTests.Change(tensor, values =>
    {
        float[] data = values.detach().data<float>().ToArray();
        data[at] = BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(data[at]) ^ (1 << bit));
        return torch.tensor(data).reshape(values.shape);
    });
}
