// Sorts pictures that arrive in a folder: --Inbox=<folder> --Classifier:Model=<checkpoint>
using ModelZoo.AspNetCore;
using ModelZoo.Samples.FolderWorker;

HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
builder.Services.AddImageClassifier().BindConfiguration("Classifier");
builder.Services.AddHostedService<InboxWorker>();
builder.Build().Run();
