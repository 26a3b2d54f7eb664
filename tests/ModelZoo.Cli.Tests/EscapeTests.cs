using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using ModelZoo.Tests.Data;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Cli.Tests;

/// <summary>Names of files, tensors and labels and a server's words are shown as text: nothing in them moves the cursor, colors a line or turns it.</summary>
public sealed class EscapeTests : IDisposable
{
    // A window's title, red, right to left, a line that overwrites.
    private const string Evil = "a\u001b]0;owned\a\u001b[31m\u202egnp\u009b2J\rzoo";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Picture_names_are()
    {
        string pets = folder.File("pets");
        Pictures.WriteClasses(pets, ["cat"], each: 1);
        string picture = Directory.GetFiles(pets, "*", SearchOption.AllDirectories)[0], evil = folder.File(Evil + Path.GetExtension(picture));
        File.Copy(picture, evil);
        Zoo shown = Zoo.Run("predict", "resnet20:cifar10", evil);
        Harmless(shown);
        Assert.Equal(0, shown.ExitCode);
        Assert.Contains("a?]0;owned??[31m?gnp?2J?zoo", shown.Output, StringComparison.Ordinal);
        Zoo json = Zoo.Run("predict", "resnet20:cifar10", evil, "--json");
        Harmless(json);
        Assert.Equal(evil, json.Json[0].GetProperty("image").GetString()); // the same name all the same
        File.WriteAllText(evil, "no picture");
        Harmless(Zoo.Run("predict", "resnet20:cifar10", evil, picture));
        Harmless(Zoo.Run("predict", "resnet20:cifar10", folder.File(Evil + ".gone.png"), "--json"));
        Harmless(Zoo.Run("info", Evil));
        Harmless(Zoo.Run(Evil));
        Harmless(Zoo.Run("list", "--" + Evil));
    }

    [Fact]
    public void Names_of_classes_and_tensors_are_and_long_ones_are_cut()
    {
        string data = folder.File("data");
        Pictures.WriteClasses(data, ["b" + Evil, "c" + Evil], each: 5);
        string checkpoint = folder.File("net.safetensors");
        Zoo trained = Zoo.Run("train", "small_cnn", "--data", $"folder:{data}", "--epochs", "1", "--output", checkpoint);
        Harmless(trained);
        Assert.True(trained.ExitCode == 0, trained.Errors);
        Harmless(Zoo.Run("info", checkpoint));
        Harmless(Zoo.Run("eval", checkpoint, "--data", $"folder:{data}"));

        string weights = folder.File("w.safetensors"), huge = new('x', 2_000_000);
        WeightsTensor[] tensors = [.. new[] { Evil, huge }.Select(name => new WeightsTensor(name, DType.F32, [3], stream => stream.Write(new byte[12])))];
        SafetensorsWriter.Write(weights, tensors, new Dictionary<string, string> { [Evil] = Evil + huge });
        Zoo info = Zoo.Run("info", weights);
        Harmless(info);
        Assert.Equal(0, info.ExitCode);
        Assert.True(info.Output.Length < 50_000, $"{info.Output.Length} characters");
        Zoo loaded = Zoo.Run("eval", "small_cnn", "--weights", weights, "--data", "digits");
        Harmless(loaded);
        Assert.NotEqual(0, loaded.ExitCode);
        Assert.True(loaded.Errors.Length < 20_000, $"{loaded.Errors.Length} characters");
    }

    [Fact]
    public void A_servers_words_are()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _ = Task.Run(async () =>
        {
            while (true)
            {
                using TcpClient client = await listener.AcceptTcpClientAsync();
                string answer = "HTTP/1.1 404 \u001b[31mGone\u009b2J\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(answer));
            }
        });
        string url = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/net-12345678.pth";
        Zoo pulled = Zoo.StartWith(new() { ["MODELZOO_HOME"] = folder.File("home") }, null, "pull", "alexnet", "--from", url).Finish();
        Harmless(pulled);
        Assert.Equal(1, pulled.ExitCode);
    }

    private static void Harmless(Zoo zoo)
    {
        foreach (string text in new[] { zoo.Output, zoo.Errors })
        {
            int at = text.IndexOfAny(['\u001b', '\u009b', '\u202e', '\a', '\r']);
            Assert.True(at < 0, $"U+{(at < 0 ? 0 : (int)text[at]):X4}: {JsonSerializer.Serialize(text[Math.Max(0, at - 40)..Math.Min(text.Length, at + 10)])}");
        }

        Assert.DoesNotContain("   at ModelZoo", zoo.Errors, StringComparison.Ordinal);
    }
}
