using System.Net;
using System.Text;
using System.Text.Json;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Onnx.Export;
using ModelZoo.Tests.Imaging;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Cli.Tests;

/// <summary>An ONNX file where commands take a model.</summary>
public sealed class OnnxCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string file;

    public OnnxCommandTests() => file = folder.File("x.onnx");

    [Fact]
    public void It_is_imported_classified_with_and_gives_features()
    {
        Export("lenet5:mnist");
        Zoo imported = Zoo.Run("import", file, "-o", folder.File("x.safetensors"));
        Assert.True(imported.ExitCode == 0, imported.Errors);
        string[] pictures = Pictures(3);
        JsonElement ours = Ok("predict", ["lenet5:mnist", .. pictures]), theirs = Ok("predict", [file, .. pictures]);
        JsonElement saved = Ok("predict", [folder.File("x.safetensors"), .. pictures]);
        Assert.Equal(Classes(ours), Classes(theirs));
        Assert.Equal(Classes(ours), Classes(saved));
        JsonElement features = Zoo.Run("features", file, "--data", "digits", "--limit", "5", "--layer", "fc1", "--output", folder.File("f.csv"), "--json").Json;
        Assert.Contains("120", features.GetProperty("shape").GetRawText(), StringComparison.Ordinal);

        Zoo weights = Zoo.Run("predict", "lenet5", "--weights", file, pictures[0]);
        Assert.NotEqual(0, weights.ExitCode);
        Assert.Contains("name it where a model is named", weights.Errors.Replace("\n", " ", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_verified_over_torch_and_over_ONNX_Runtime()
    {
        Export("resnet20:cifar10", "--checks", "2");
        Zoo torch = Zoo.Run("verify", file, "--no-end-to-end", "--json");
        Assert.True(torch.ExitCode == 0, torch.Errors + torch.Output);
        Zoo runtime = Zoo.Run("verify", file, "--engine", "onnxruntime", "--json");
        Assert.True(runtime.ExitCode == 0, runtime.Errors + runtime.Output);
        string[] quantities = [.. runtime.Json.GetProperty("checks").EnumerateArray().Select(c => c.GetProperty("quantity").GetString()!)];
        Assert.Contains("checks in the file", quantities);
        Assert.True(quantities.Count(q => q == "output") > 60);
        Zoo exported = Zoo.Run("verify", "lenet5:mnist", "--engine", "onnxruntime");
        Assert.True(exported.ExitCode == 0, exported.Errors + exported.Output);
        Assert.Contains("lenet5:mnist: verified", exported.Output, StringComparison.Ordinal);
        Assert.Equal(2, Zoo.Run("verify", file, "--engine", "onnxruntime", "--html", folder.File("x.html")).ExitCode);
    }

    [Fact]
    public void It_is_fine_tuned_with_a_head_if_it_has_none()
    {
        using (var model = nn.Sequential(("conv", nn.Conv2d(1, 8, 3, stride: 2)), ("relu", nn.ReLU())))
        {
            OnnxExport.Write(file, model, new() { Input = [1, 16, 16] });
        }

        Zoo tuned = Zoo.Run("finetune", file, "--data", "digits", "--limit", "100", "--epochs", "2", "--output", folder.File("a.safetensors"), "--json");
        Assert.True(tuned.ExitCode == 0, tuned.Errors);
        Assert.Contains("has no classifier: a layer 'head'", tuned.Errors, StringComparison.Ordinal);
        Zoo verified = Zoo.Run("verify", folder.File("a.safetensors"));
        Assert.True(verified.ExitCode == 0, verified.Errors + verified.Output);
        Assert.Equal(0, Zoo.Run("export", folder.File("a.safetensors"), "-o", folder.File("y.onnx")).ExitCode);
        Assert.Equal(0, Zoo.Run("verify", folder.File("y.onnx"), "--engine", "onnxruntime").ExitCode);
    }

    [Fact]
    public void Files_and_servers_are_diagnosed()
    {
        string pictures = Folder(3);
        Export("resnet20:cifar10");
        JsonElement same = Ok("diagnose", ["resnet20:cifar10", "--against", file, "--images", pictures]);
        Assert.True(same.GetProperty("same").GetBoolean());

        Export("resnet20:cifar10", "--with-preprocessing", "--force");
        Assert.True(Ok("diagnose", ["resnet20:cifar10", "--against", file, "--images", pictures]).GetProperty("same").GetBoolean());

        // Other weights: the first layer that differs is named.
        Export("resnet20", "--force");
        Zoo other = Zoo.Run(["diagnose", "resnet20:cifar10", "--against", file, "--images", pictures, "--json"]);
        Assert.Equal(1, other.ExitCode);
        Assert.Equal("conv1", other.Json.GetProperty("layer").GetProperty("layer").GetString());
    }

    [Fact]
    public async Task A_server_is_asked_and_what_it_answers_is_checked()
    {
        string pictures = Folder(2);
        using var listener = new HttpListener();
        string address = $"http://localhost:{Port()}/";
        listener.Prefixes.Add(address);
        listener.Start();
        var answers = new Queue<string>(["[0.1, 0.2]", "[0.1, 0.2]"]);
        Task server = Task.Run(async () =>
        {
            while (answers.TryDequeue(out string? answer))
            {
                HttpListenerContext context = await listener.GetContextAsync();
                Assert.Equal("POST", context.Request.HttpMethod);
                await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(answer));
                context.Response.Close();
            }
        });
        Zoo run = Zoo.Run(["diagnose", "resnet20:cifar10", "--against", address, "--images", pictures]);
        await server.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Contains("[2,2]", run.Errors, StringComparison.Ordinal); // two numbers for ten classes
        Zoo none = Zoo.Run(["diagnose", "resnet20:cifar10", "--against", "http://localhost:1/", "--images", pictures]);
        Assert.Contains("no answer to", none.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // it takes red for blue
    public async Task What_a_server_does_with_pictures_is_named(bool swapped)
    {
        string pictures = Folder(3);
        using var listener = new HttpListener();
        string address = $"http://localhost:{Port()}/";
        listener.Prefixes.Add(address);
        listener.Start();
        Task server = Task.Run(async () =>
        {
            using ResolvedModel model = ModelResolver.Resolve(Catalog.Models, "resnet20:cifar10", Catalog.ReadResource);
            model.Model.eval();
            var pipeline = new ImagePipeline(model.Preprocessing);
            for (int i = 0; i < 3; i++)
            {
                HttpListenerContext context = await listener.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                byte[] answer = Encoding.UTF8.GetBytes(Answer(model, pipeline, ImageDecoder.Decode(body.ToArray(), "body"), swapped));
                await context.Response.OutputStream.WriteAsync(answer);
                context.Response.Close();
            }
        });
        Zoo run = Zoo.Run("diagnose", "resnet20:cifar10", "--against", address, "--images", pictures, "--json");
        Assert.True(run.ExitCode == 0, $"{run.Errors}{(server.IsFaulted ? server.Exception : "")}");
        await server.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(!swapped, run.Json.GetProperty("same").GetBoolean());
        if (swapped)
        {
            Assert.Contains("take blue for red", run.Json.GetProperty("explanation").GetProperty("meaning").GetString(), StringComparison.Ordinal);
        }
    }

    public void Dispose() => folder.Dispose();

    private static JsonElement Ok(string command, IEnumerable<string> arguments)
    {
        Zoo run = Zoo.Run([command, .. arguments, "--json"]);
        Assert.True(run.ExitCode == 0, run.Errors + run.Output);
        return run.Json;
    }

    private static string Answer(ResolvedModel model, ImagePipeline pipeline, PixelImage picture, bool swapped)
    {
        byte[] pixels = [.. picture.Rgb];
        for (int i = 0; swapped && i < pixels.Length; i += 3)
        {
            (pixels[i], pixels[i + 2]) = (pixels[i + 2], pixels[i]);
        }

        float[] input = new float[3 * 32 * 32];
        pipeline.Apply(new PixelImage(picture.Width, picture.Height, pixels), input);
        using IDisposable none = no_grad();
        using Tensor image = tensor(input, [1, 3, 32, 32]), logits = model.Model.call(image);
        return JsonSerializer.Serialize(new { logits = logits.data<float>().ToArray() });
    }

    private static string[] Classes(JsonElement predictions) =>
        [.. predictions.EnumerateArray().Select(p => p.GetProperty("predictions")[0].GetProperty("label").GetString()!)];

    private static int Port()
    {
        using var socket = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }

    private void Export(string model, params string[] flags)
    {
        Zoo made = Zoo.Run(["export", model, "-o", file, .. flags]);
        Assert.True(made.ExitCode == 0, made.Errors);
    }

    private string Folder(int count) => Path.GetDirectoryName(Pictures(count, side: 40)[0])!;

    private string[] Pictures(int count, int side = 28)
    {
        Directory.CreateDirectory(folder.File("pictures"));
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            string path = Path.Combine(folder.File("pictures"), $"{i}.png");
            ModelZoo.Imaging.PixelImage picture = ModelZoo.Tests.Data.Pictures.Smooth(side, side, (ulong)i);
            File.WriteAllBytes(path, PngFile.Rgb(picture.Width, picture.Height, picture.Rgb));
            return path;
        })];
    }
}
