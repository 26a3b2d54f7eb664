// What is in these pictures? dotnet run -- <checkpoint> <folder of pictures>
using ModelZoo;
using ModelZoo.Inference;
using ModelZoo.Models;

if (args is not [var checkpoint, var folder])
{
    Console.Error.WriteLine("usage: ConsoleApp <checkpoint or model:weights> <folder of pictures>");
    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) => (_, pressed.Cancel) = (stop.CancelAsync(), true);
try
{
    using ImageClassifier classifier = ImageClassifier.Load(checkpoint);

    // However many there are, no more than two batches of them are in memory.
    await foreach (FilePrediction picture in classifier.PredictEachAsync(Directory.EnumerateFiles(folder).Order(), top: 1, stop.Token))
    {
        string answer = picture switch
        {
            { Error: { } error } => error.Message,
            { Predictions.Unknown: { } why } => $"unknown: {why}",
            { Predictions: { } top } => $"{top[0].Label} ({top[0].Probability:P0})",
            _ => "",
        };
        Console.WriteLine($"{Path.GetFileName(picture.Path)}: {Printable.Text(answer)}");
    }

    return 0;
}
catch (Exception e) when (e is ZooException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(Printable.Message(e.Message));
    return 1;
}
catch (OperationCanceledException)
{
    return 130;
}
