using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ModelZoo.AspNetCore.Serving;

/// <summary>One request from its first byte to its answer: its time, its errors, its line in the log.</summary>
internal sealed class RequestScope(HttpContext context, PictureQueues queues)
{
    private readonly long begin = Stopwatch.GetTimestamp();
    private int pictures;

    public ClassifierServerOptions Options => queues.Options;

    /// <summary>Of the request's body, once it is read.</summary>
    public Upload? Upload { get; private set; }

    /// <summary>Ends when the client goes, or its time is over.</summary>
    public CancellationToken Cancel { get; private set; }

    public async Task<IResult> RunAsync(Func<RequestScope, Task<IResult>> answer)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        time.CancelAfter(Options.RequestTimeout);
        Cancel = time.Token;
        IResult result;
        int status = StatusCodes.Status200OK;
        try
        {
            result = await answer(this).ConfigureAwait(false);
        }
        catch (RequestException e)
        {
            (result, status) = (Problem(e.Status, e.Message, e.RetryAfter), e.Status);
        }
        catch (OperationCanceledException)
        {
            status = Upload is null ? StatusCodes.Status408RequestTimeout : StatusCodes.Status503ServiceUnavailable;
            result = Problem(status, Upload is null
                ? $"The body did not come within {Options.RequestTimeout.TotalSeconds:G3} s."
                : "The server could not answer in time, or is stopping.", Upload is null ? null : TimeSpan.FromSeconds(1));
        }
        catch (Exception e) when (OutOfMemory.Caused(e))
        {
            (result, status) = (Problem(StatusCodes.Status503ServiceUnavailable, "The server is out of memory.", TimeSpan.FromSeconds(5)), 503);
        }
        catch (Exception e) when (e is not ZooException)
        {
            Logger.Unexpected(e);
            (result, status) = (Problem(StatusCodes.Status500InternalServerError, "The server failed; its log says why."), 500);
        }
        finally
        {
            Upload?.Dispose();
        }

        if (context.RequestAborted.IsCancellationRequested)
        {
            (result, status) = (Results.Empty, StatusCodes.Status499ClientClosedRequest);
        }

        if (Logger.IsEnabled(LogLevel.Information))
        {
            Logger.Answered(context.Request.Method, Printable.Plain(context.Request.Path.Value ?? ""), status,
                (long)Stopwatch.GetElapsedTime(begin).TotalMilliseconds, pictures, Upload?.Length ?? 0);
        }

        return result;
    }

    /// <summary>Reads the body, where the queue is not full already: then nobody waits for it to be read.</summary>
    /// <exception cref="RequestException">The queue is full, or the body is not what it should be.</exception>
    public async Task<Upload> ReadAsync(PictureQueue queue)
    {
        if (queue.IsFull)
        {
            throw Full(queue);
        }

        using IDisposable arriving = queue.Arriving();
        Upload = await Upload.ReadAsync(context.Request, Options, queues.Budget, Cancel).ConfigureAwait(false);
        pictures = Upload.Pictures.Count;
        return Upload;
    }

    public static RequestException Full(PictureQueue queue) =>
        RequestException.Full("The queue is full.", queue.RetryAfter);

    private ILogger Logger => context.RequestServices.GetRequiredService<ILogger<RequestScope>>();

    private IResult Problem(int status, string message, TimeSpan? retryAfter = null)
    {
        if (retryAfter is { } after)
        {
            context.Response.Headers.RetryAfter = ((int)Math.Ceiling(after.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        if (status is 408 or 413 && context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true)
        {
            context.Response.Headers.Connection = "close";
        }

        return Results.Problem(message, statusCode: status);
    }
}
