using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace ModelZoo.AspNetCore.Serving;

/// <summary>Lets only those in who show the key, where there is one.</summary>
internal static class ApiKey
{
    private const string Header = "X-Api-Key", Bearer = "Bearer ";

    public static async ValueTask<object?> Require(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        HttpRequest request = context.HttpContext.Request;
        string? key = context.HttpContext.RequestServices.GetRequiredService<PictureQueues>().Options.ApiKey;
        if (key is null || Same(key, Shown(request)))
        {
            return await next(context).ConfigureAwait(false);
        }

        context.HttpContext.Response.Headers.WWWAuthenticate = "Bearer";
        return Results.Problem($"Send the server's key as {Header}, or as Authorization: Bearer.", statusCode: StatusCodes.Status401Unauthorized);
    }

    private static string Shown(HttpRequest request) => request.Headers[Header] is [{ } own]
        ? own
        : request.Headers.Authorization is [{ } bearer] && bearer.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? bearer[Bearer.Length..].Trim() : "";

    // Of hashes, so that the time says nothing of the key, its length included.
    private static bool Same(string key, string shown) => CryptographicOperations.FixedTimeEquals(
        SHA256.HashData(Encoding.UTF8.GetBytes(key)), SHA256.HashData(Encoding.UTF8.GetBytes(shown)));
}
