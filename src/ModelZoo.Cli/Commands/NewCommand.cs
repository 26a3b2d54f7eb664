using System.CommandLine;
using ModelZoo.Inference;
using ModelZoo.Models;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo new</c>: a C# project that uses a checkpoint.</summary>
internal static class NewCommand
{
    internal static Command Create()
    {
        var folder = new Argument<string>("folder") { Description = "The project's folder, which is made; its name is the project's" };
        var checkpoint = new Option<string>("--checkpoint")
        {
            Description = "The checkpoint that the project uses; it is copied",
            HelpName = "x.safetensors",
            Required = true,
        };
        var command = new Command("new", "Write a C# project that classifies pictures with a checkpoint.\n\nExample: zoo new app --checkpoint mine.safetensors")
        {
            folder, checkpoint,
        };
        command.OnRun((parsed, cancel) => Run(Session.Open(parsed, cancel), parsed.GetRequiredValue(folder), parsed.GetRequiredValue(checkpoint)));
        return command;
    }

    private static int Run(Session session, string folder, string checkpoint)
    {
        string full = Path.GetFullPath(folder);
        if (File.Exists(full) || (Directory.Exists(full) && Directory.EnumerateFileSystemEntries(full).Any()))
        {
            throw new UsageException($"{folder} is there already, and nothing in it is overwritten; choose another folder.");
        }

        if (!File.Exists(checkpoint))
        {
            throw new UsageException($"--checkpoint {checkpoint}: no such file. It takes a checkpoint that the zoo made (`zoo finetune`, `zoo export -o "
                + "x.safetensors`).");
        }

        OutputFile.MustEndIn(checkpoint, OutputFile.Checkpoint, "a checkpoint", "--checkpoint");
        using ImageClassifier classifier = ImageClassifier.Load(checkpoint); // refuses what the project could not use
        session.Cancel.ThrowIfCancellationRequested();
        NewProject project = NewProject.For(Path.GetFileName(full), Path.GetFileName(checkpoint), classifier);
        Write(full, folder, checkpoint, project);
        string[] files = [.. project.Files.Keys.Append(project.Checkpoint).Order(StringComparer.Ordinal)];
        var packages = NewProject.Packages.Select(package => new { package.Id, package.Version }).ToArray();
        session.Show(new { folder, project = project.Name, files, packages }, console =>
        {
            console.WriteLine($"{folder}: {project.Name}, a project that tells {Described(classifier)}");
            console.WriteLine($"try it: dotnet run --project {folder} -- <pictures>");
        });
        return 0;
    }

    private static string Described(ImageClassifier classifier) => classifier.Task.Kind switch
    {
        TaskKind.Regression => classifier.Labels[0],
        TaskKind.MultiLabel => $"which of {Tables.Count(classifier.Labels.Count)} labels are there",
        _ => $"{Tables.Count(classifier.Labels.Count)} classes",
    };

    // Beside it first: the folder is there with everything in it, or not at all.
    private static void Write(string full, string folder, string checkpoint, NewProject project)
    {
        string parent = Path.GetDirectoryName(full) ?? full, scratch = Path.Combine(parent, $".{Path.GetFileName(full)}.{Guid.NewGuid():N}.tmp");
        try
        {
            Directory.CreateDirectory(scratch);
            foreach ((string file, string text) in project.Files)
            {
                File.WriteAllText(Path.Combine(scratch, file), text);
            }

            File.Copy(checkpoint, Path.Combine(scratch, project.Checkpoint));
            if (Directory.Exists(full))
            {
                Directory.Delete(full); // empty, or this fails
            }

            Directory.Move(scratch, full);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ZooException($"{folder} cannot be written: {e.Message}", e);
        }
        finally
        {
            if (Directory.Exists(scratch))
            {
                Directory.Delete(scratch, recursive: true);
            }
        }
    }
}
