// A classifier behind HTTP: curl --data-binary @cat.jpg http://localhost:5000/predict
using ModelZoo;
using ModelZoo.AspNetCore;
using ModelZoo.Inference;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Services.AddImageClassifier().BindConfiguration("Classifier"); // appsettings.json, or --Classifier:Model=<checkpoint>
builder.Services.AddHealthChecks().AddImageClassifiers();

WebApplication app = builder.Build();
app.MapHealthChecks("/healthz");
app.MapGet("/labels", (IImageClassifier classifier) => classifier.Labels);
app.MapPost("/predict", async (Stream body, IImageClassifier classifier, CancellationToken cancel) =>
{
    try
    {
        Answer answer = await classifier.PredictAsync(body, top: 3, cancel);
        return Results.Ok(new { answer.Unknown, Predictions = answer.ToArray() });
    }
    catch (ZooException e)
    {
        return Results.Problem(e.Message, statusCode: StatusCodes.Status422UnprocessableEntity);
    }
});
app.Run();
