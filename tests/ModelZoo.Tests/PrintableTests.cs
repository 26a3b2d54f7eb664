using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Xunit;

namespace ModelZoo.Tests;

public class PrintableTests
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Theory]
    [InlineData("a\u001b[31mb", "a?[31mb")]
    [InlineData("a\u202eb\u2066c\u200ed", "a?b?c?d")]
    [InlineData("a\u009b2Jb\u007f\0", "a?2Jb??")]
    [InlineData("a\u2028b\u2029c", "a?b?c")]
    [InlineData("a\rb\nc", "a?b?c")]
    [InlineData("Grüße, 図形, 👩\u200d🔬, می\u200cخواهم", "Grüße, 図形, 👩\u200d🔬, می\u200cخواهم")]
    public void A_name_is_one_line_of_harmless_text(string name, string expected) => Assert.Equal(expected, Printable.Plain(name));

    [Fact]
    public void Half_a_surrogate_pair_is_no_text() => Assert.Equal("a?b?", Printable.Plain(string.Concat('a', '\ud800', 'b', '\udc00')));

    [Fact]
    public void Messages_keep_their_lines_and_their_end()
    {
        Assert.Equal("a\n\tb?", Printable.Message("a\n\tb\r"));
        string message = Printable.Message($"{new string('x', 3_000_000)} is no tensor. Do this.");
        Assert.True(message.Length < 4100);
        Assert.EndsWith("Do this.", message, StringComparison.Ordinal);
        Assert.Equal(1001, Printable.Cell(new string('x', 3_000_000)).Length);
    }

    [Fact]
    public void Json_means_the_same()
    {
        string name = "a\u202eb\u009b\u2028\U000e0041" + '"';
        string json = JsonSerializer.Serialize(new { name }, Relaxed);
        string printed = Printable.Json(json);
        Assert.DoesNotContain('\u202e', printed);
        Assert.Equal(name, JsonDocument.Parse(printed).RootElement.GetProperty("name").GetString());
        Assert.All(printed, c => Assert.True(c is >= ' ' and <= '~'));
    }

    [Fact]
    public void Of_libtorchs_errors_the_frames_are_left_out()
    {
        const string Long = "shape '[2]' is invalid for input of size 3\n"
            + "Exception raised from infer_size at ../aten/src/ATen/InferSize.h:45 (most recent call first):\nframe #0: c10::Error::Error + 0x96";
        Assert.Equal("shape '[2]' is invalid for input of size 3", TorchError.Summary(OfLibtorch(Long)));
        Assert.Equal("two lines", TorchError.Summary(OfLibtorch("two\n lines\n")));
    }

    private static Exception OfLibtorch(string message) => (Exception)Activator.CreateInstance(typeof(ExternalException), message)!;
}
