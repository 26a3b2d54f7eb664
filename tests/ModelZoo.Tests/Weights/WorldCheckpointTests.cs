using System.Runtime.InteropServices;
using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Oracle;
using ModelZoo.Tests.Training;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Tests.Weights;

/// <summary>
/// Training checkpoints as PyTorch's libraries write them, made by PyTorch: the weights come out to the bit, and what lies beside them is named.
/// </summary>
[Collection(TorchCollection.Name)]
public sealed class WorldCheckpointTests : IDisposable
{
    private const string Make = """
        import argparse, collections, enum, functools, pathlib, sys, types
        import numpy, torch
        from torch import nn
        sys.modules['__main__'].__name__ = '__main__'
        package = types.ModuleType('mylab'); sys.modules['mylab'] = package

        class LeNet5(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv1, self.conv2 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)
                self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)
                self.register_buffer('scratch', torch.zeros(3), persistent=False)
            def forward(self, x):
                return x
        class Mode(enum.Enum):
            FAST = 1
        class Config(dict):
            pass
        class Odd:
            def __init__(self): self.x = [1, self]
        for made in (LeNet5, Mode, Config, Odd):
            made.__module__ = 'mylab'; made.__qualname__ = made.__name__; setattr(package, made.__name__, made)

        torch.manual_seed(5)
        net = LeNet5()
        plain = collections.OrderedDict((k, v.clone()) for k, v in net.state_dict().items())
        open('expected.bin', 'wb').write(b''.join(t.numpy().tobytes() for t in plain.values()))
        args = argparse.Namespace(lr=0.1, model='lenet', output_dir=pathlib.PosixPath('.'), mode=Mode.FAST, act=nn.ReLU, device=torch.device('cpu'))
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
        for p in net.parameters(): p.grad = torch.ones_like(p)
        optimizer.step(); net.load_state_dict(plain)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 30)
        averaged = torch.optim.swa_utils.AveragedModel(net)
        lightning = {'epoch': 3, 'global_step': 100, 'pytorch-lightning_version': '2.1.0', 'loops': {'fit_loop': {'state_dict': {}}},
            'callbacks': {"ModelCheckpoint{'monitor': 'val_loss'}": {'best_model_score': torch.tensor(0.5), 'dirpath': pathlib.PosixPath('x')}},
            'optimizer_states': [optimizer.state_dict()], 'lr_schedulers': [scheduler.state_dict()], 'hparams_name': 'kwargs',
            'hyper_parameters': Config(lr=0.1, mode=Mode.FAST, odd=Odd()), 'state_dict': collections.OrderedDict(('model.' + k, v) for k, v in plain.items())}
        counted = LeNet5(); counted.load_state_dict(plain)
        for module in counted.modules():
            for name in ('total_ops', 'total_params'): module.register_buffer(name, torch.zeros(1, dtype=torch.float64))
        subclass = collections.OrderedDict((k, nn.Parameter(v)) for k, v in plain.items())
        for p in subclass.values(): p.note = 'kept'
        head = LeNet5(); head.load_state_dict(plain); head.fc3 = nn.Sequential(nn.Dropout(0.5), head.fc3)
        module = LeNet5(); module.load_state_dict(plain)
        files = {
            'reference': {'model': plain, 'optimizer': optimizer.state_dict(), 'lr_scheduler': scheduler.state_dict(), 'epoch': 7, 'args': args},
            'lightning': lightning,
            'averaged': averaged.state_dict(),
            'averaged_in_training': {'model_ema': averaged.state_dict(), 'args': args},
            'counters': counted.state_dict(),
            'parallel': nn.DataParallel(net).state_dict(),
            'parameters_with_attributes': subclass,
            'sequential_head': head.state_dict(),
            'whole_model': module,
            'whole_model_in_training': {'epoch': 3, 'model': nn.DataParallel(module), 'ema': None, 'opt': args},
            'numpy_beside': {'best_acc': numpy.float64(0.5), 'history': numpy.arange(3), 'state_dict': plain, 'names': {0: 'a'}, 'odd': Odd()},
            'defaultdict_beside': {'net': plain, 'metrics': collections.defaultdict(list, {'acc': [1]}), 'partial': functools.partial(nn.ReLU, inplace=True)},
            'slots_and_reduce': {'weights': plain, 'slice': slice(1, 2), 'complex': 1 + 2j, 'range': range(3), 'class': nn.Conv2d},
            'complex_tensor_beside': {'model': plain, 'fft': torch.zeros(2, dtype=torch.complex64)},
        }
        for name, content in files.items():
            torch.save(content, name + '.pth')
            if name != 'complex_tensor_beside':
                torch.save(content, name + '.old.pth', _use_new_zipfile_serialization=False)
            torch.save(content, name + '.p4.pth', pickle_protocol=4)
        """;

    // Name, what must be said of it, each anywhere in the remarks.
    private static readonly Dictionary<string, string[]> Expected = new()
    {
        ["reference"] = ["beside the weights, passed over and never made into objects: args (argparse.Namespace)"],
        ["lightning"] = ["the prefix 'model.' is taken off the keys", "mylab.Config"],
        ["averaged"] = ["'module.' of a wrapper is taken out", "1 counter of a profiler or of averaging, no weights, left aside: n_averaged"],
        ["averaged_in_training"] = ["n_averaged", "args (argparse.Namespace)"],
        ["counters"] = ["12 counters of a profiler"],
        ["parallel"] = ["'module.' of a wrapper"],
        ["parameters_with_attributes"] = [],
        ["sequential_head"] = ["the head is called 'fc3.1' in the file and is taken for fc3"],
        ["whole_model"] = ["it is a whole model (mylab.LeNet5): its weights are read, nothing else of it"],
        ["whole_model_in_training"] = ["'module.' of a wrapper", "model (torch.nn.parallel.data_parallel.DataParallel)", "opt (argparse.Namespace)"],
        ["numpy_beside"] = ["odd (mylab.Odd)", "numpy"],
        ["defaultdict_beside"] = ["partial (functools.partial)"],
        ["slots_and_reduce"] = ["slice (", "builtin", "torch.nn.modules.conv.Conv2d"],
        ["complex_tensor_beside"] = ["fft (torch.ComplexFloatStorage)"],
    };

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Checkpoints_of_the_world_are_loaded_to_the_bit_and_what_is_beside_is_named()
    {
        Python.Run(folder.Path, Make);
        float[] expected = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(folder.File("expected.bin"))).ToArray();
        string[] files = [.. Directory.GetFiles(folder.Path, "*.pth").Order()];
        Assert.Equal(Expected.Count * 3 - 1, files.Length);
        foreach (string path in files)
        {
            using ResolvedModel model = ModelResolver.Resolve(Catalog.Models, "lenet5", Catalog.ReadResource, path);
            float[] values = [.. Samples.Bytes(model.Model).Values.SelectMany(b => MemoryMarshal.Cast<byte, float>(b).ToArray())];
            Assert.True(expected.SequenceEqual(values), path);
            string said = string.Join("\n", model.Loading!.Remarks);
            Assert.All(Expected[Path.GetFileName(path).Split('.')[0]], e => Assert.True(said.Contains(e, StringComparison.Ordinal), $"{path}: {e}\n{said}"));
        }
    }

    /// <summary>googlenet(aux_logits=False).state_dict(): torchvision's way to a network without them.</summary>
    [Fact]
    public void Auxiliary_classifiers_are_optional()
    {
        ModelInfo info = Samples.Info("googlenet");
        using ZooModel without = info.Create(info.Defaults with { NumClasses = 7, OmitAuxiliary = true });
        string path = folder.File("googlenet.pth");
        Checkpoint.Export(path, without);
        using ResolvedModel model = ModelResolver.Resolve(Catalog.Models, "googlenet", Catalog.ReadResource, path);
        Assert.Equal((true, 7), (model.Options.OmitAuxiliary, model.Options.NumClasses));
        Assert.True(model.Loading!.Complete);
        Assert.Equal(["the file has no auxiliary classifiers, which serve training alone: the model is built without them"], model.Loading.Remarks);

    }
}
