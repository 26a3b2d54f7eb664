using System.CommandLine;
using System.Net;
using ModelZoo.AspNetCore.Serving;
using ModelZoo.Cli.Inputs;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo serve</c>: trained models over HTTP, and a page for people.</summary>
internal static class ServeCommand
{
    private const string KeyVariable = "ZOO_API_KEY";

    internal static Command Create()
    {
        var standard = new ClassifierServerOptions();
        var models = new Argument<string[]>("models")
        {
            Description = "Checkpoints, models with shipped or pulled weights (lenet5:mnist), or ONNX models; the first is asked where a request names none. "
                + "`name=checkpoint` calls it otherwise than its file",
            Arity = ArgumentArity.OneOrMore,
        };
        var port = new Option<int>("--port") { Description = "Where it listens; 0: any free port", HelpName = "n", DefaultValueFactory = _ => 8080 };
        var host = new Option<string>("--host")
        {
            Description = "The address that it listens on: this machine alone unless told; 0.0.0.0 and :: are all of them",
            HelpName = "address",
            DefaultValueFactory = _ => "127.0.0.1",
        };
        var batch = Number("--max-batch", "Pictures that are computed together, at most", standard.MaxBatch);
        var wait = new Option<double>("--max-wait")
        {
            Description = "Milliseconds that a picture waits for others that are being sent",
            HelpName = "ms",
            DefaultValueFactory = _ => standard.MaxWait.TotalMilliseconds,
        };
        var queue = Number("--queue", "Pictures of a model that are decoded, waiting or computed; more are refused with 429", standard.QueueLength);
        var pictures = Number("--max-pictures", "Pictures in one request, at most", standard.MaxPictures);
        var bytes = new Option<string>("--max-bytes") { Description = "Of one picture: 800k, 20M", HelpName = "size", DefaultValueFactory = _ => "20M" };
        var timeout = new Option<double>("--timeout")
        {
            Description = "Seconds from a request's first byte to its answer, at most",
            HelpName = "s",
            DefaultValueFactory = _ => standard.RequestTimeout.TotalSeconds,
        };
        var key = new Option<string?>("--api-key-file")
        {
            Description = $"A file with the key that clients have to show (X-Api-Key or Authorization: Bearer); or the environment's {KeyVariable}",
            HelpName = "file",
        };
        var settings = new Option<string?>("--settings")
        {
            Description = "Settings of ASP.NET Core as JSON: certificates and addresses for Kestrel, levels of the log",
            HelpName = "file",
        };
        var maxPixels = DecodingArgument.Create();
        var command = new Command(
            "serve", "Serve trained models over HTTP, with a page to drop pictures on.\n\nExample: zoo serve runs/best.safetensors --port 8080")
        {
            models, port, host, batch, wait, queue, pictures, bytes, timeout, key, settings, maxPixels,
        };
        command.OnRun((parsed, cancel) =>
        {
            Session session = Session.Open(parsed, cancel);
            string address = parsed.GetValue(host)!;
            var request = new ServeRequest
            {
                Models = [.. ServedModel.Read(parsed.GetValue(models)!)],
                Address = address == "localhost" ? IPAddress.Loopback : IPAddress.TryParse(address, out IPAddress? known) ? known
                    : throw new UsageException($"--host {Printable.Name(address)}: name an address of this machine (127.0.0.1, 0.0.0.0, ::1)."),
                Port = parsed.GetValue(port) is >= 0 and <= 65535 and int given ? given
                    : throw new UsageException($"--port {parsed.GetValue(port)}: ports are 0 … 65535."),
                Settings = parsed.GetValue(settings),
                Decoding = DecodingArgument.Read(parsed, maxPixels),
                Server = own =>
                {
                    long most = GlobalOptions.ReadBytes("--max-bytes", parsed.GetValue(bytes)!);
                    (own.MaxBatch, own.QueueLength) = (parsed.GetValue(batch), parsed.GetValue(queue));
                    own.MaxPictures = Math.Min(parsed.GetValue(pictures), own.QueueLength);
                    own.MaxWait = TimeSpan.FromMilliseconds(parsed.GetValue(wait));
                    own.RequestTimeout = TimeSpan.FromSeconds(parsed.GetValue(timeout));
                    own.MaxPictureBytes = most;
                    own.MaxRequestBytes = Math.Max(own.MaxRequestBytes, 2 * most);
                    own.MaxUploadBytes = Math.Max(own.MaxUploadBytes, own.MaxRequestBytes);
                    own.ApiKey = Key(parsed.GetValue(key));
                },
            };
            return ServeRun.Run(session, request);
        });
        return command;
    }

    private static Option<int> Number(string name, string description, int standard) =>
        new(name) { Description = description, HelpName = "n", DefaultValueFactory = _ => standard };

    // Not on the command line, where every user of the machine can read it.
    private static string? Key(string? file)
    {
        string? key = file is null ? Environment.GetEnvironmentVariable(KeyVariable) : File.ReadAllText(file).Trim();
        return string.IsNullOrEmpty(key)
            ? file is null ? null : throw new UsageException($"--api-key-file {Printable.Name(file)}: the file is empty.")
            : key.Length >= 8 ? key : throw new UsageException($"The key in {file ?? KeyVariable} has fewer than 8 characters: take a longer one.");
    }
}
