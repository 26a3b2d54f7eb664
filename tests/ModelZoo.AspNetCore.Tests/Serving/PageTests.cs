using System.Text.RegularExpressions;
using ModelZoo.Tests;
using OpenQA.Selenium;
using OpenQA.Selenium.Chrome;
using Xunit;

namespace ModelZoo.AspNetCore.Tests.Serving;

/// <summary>The server's page, as Chromium shows it.</summary>
public sealed partial class PageTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Nothing_on_it_comes_from_another_host()
    {
        await using TestServer server = await TestServer.StartAsync();
        foreach (string path in (string[])["/", "/page.css", "/page.js"])
        {
            using HttpResponseMessage reply = await server.Client.GetAsync(path);
            Assert.StartsWith("default-src 'none'; script-src 'self'", reply.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
            Assert.Empty(Elsewhere().Matches(await reply.Content.ReadAsStringAsync()));
        }
    }

    [Fact]
    public async Task A_picture_that_is_chosen_gets_bars_and_a_heat_map_also_by_keyboard()
    {
        await using TestServer server = await TestServer.StartAsync(null, "lenet5:mnist", "resnet20:cifar10");
        string[] pictures = [Checkpoints.Picture(folder.File("<b>one.png")), Checkpoints.Picture(folder.File("two.png"), 2)];
        using ChromeDriver browser = Start();
        browser.Navigate().GoToUrl(server.Address);
        Wait(() => browser.FindElements(By.CssSelector("#model option")).Count == 2);
        browser.FindElement(By.CssSelector("#model option[value='resnet20:cifar10']")).Click();
        browser.FindElement(By.Id("file")).SendKeys(string.Join('\n', pictures));
        Wait(() => browser.FindElements(By.CssSelector("#strip li")).Count == 2);
        Assert.Equal(5, browser.FindElements(By.CssSelector("#bars li")).Count);
        string heard = browser.FindElement(By.Id("status")).GetDomProperty("textContent")!; // what a screen reader says
        Assert.Equal(browser.FindElement(By.Id("headline")).Text, heard);
        Assert.Matches(@"^\w+, \d+(\.\d+)? %$", browser.FindElement(By.Id("headline")).Text);

        string before = browser.FindElement(By.Id("picture")).GetAttribute("src")!;
        browser.FindElement(By.Id("why")).SendKeys(Keys.Space);
        Wait(() => browser.FindElement(By.Id("picture")).GetAttribute("src") != before);
        Assert.Equal("true", browser.FindElement(By.Id("why")).GetAttribute("aria-pressed"));
        browser.FindElement(By.Id("why")).SendKeys(Keys.Enter);
        Wait(() => browser.FindElement(By.Id("picture")).GetAttribute("src") == before);

        browser.FindElements(By.CssSelector("#strip button"))[1].SendKeys(Keys.Enter);
        Wait(() => browser.FindElement(By.Id("timing")).Text.StartsWith("<b>one.png", StringComparison.Ordinal)); // a name is text
        Assert.Empty(browser.FindElements(By.CssSelector("#timing b")));
        Assert.Empty(Nameless(browser));
        Assert.DoesNotContain(browser.Manage().Logs.GetLog(LogType.Browser), entry => entry.Level >= LogLevel.Severe);
    }

    [Fact]
    public async Task What_is_no_picture_and_a_key_that_lacks_are_said()
    {
        await using TestServer server = await TestServer.StartAsync(o => o.ApiKey = "secret-key");
        string text = folder.File("cat.png");
        File.WriteAllText(text, "no picture");
        using ChromeDriver browser = Start();
        browser.Navigate().GoToUrl(server.Address);
        Wait(() => browser.FindElement(By.Id("key")).Displayed);
        browser.FindElement(By.Id("key")).SendKeys("secret-key");
        browser.FindElement(By.Id("use-key")).Click();
        Wait(() => browser.FindElements(By.CssSelector("#model option")).Count == 1);
        browser.FindElement(By.Id("file")).SendKeys(text);
        Wait(() => browser.FindElement(By.Id("status")).Text.Contains("not a picture", StringComparison.Ordinal));
        Assert.False(browser.FindElement(By.Id("answer")).Displayed);
    }

    [Fact]
    public async Task The_camera_gives_pictures_too()
    {
        await using TestServer server = await TestServer.StartAsync(null, "resnet20:cifar10");
        using ChromeDriver browser = Start("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream");
        browser.Navigate().GoToUrl(server.Address);
        Wait(() => browser.FindElements(By.CssSelector("#model option")).Count == 1);
        browser.FindElement(By.Id("camera")).Click();
        Wait(() => browser.FindElement(By.Id("take")).Displayed && browser.ExecuteScript("return document.getElementById('video').videoWidth") is > 0L);
        browser.FindElement(By.Id("take")).Click();
        Wait(() => browser.FindElements(By.CssSelector("#strip li")).Count == 1);
        Assert.StartsWith("camera.jpg", browser.FindElement(By.Id("timing")).Text, StringComparison.Ordinal);
        browser.FindElement(By.Id("stop")).Click();
        Assert.False(browser.FindElement(By.Id("live")).Displayed);
    }

    private static ChromeDriver Start(params string[] more)
    {
        var options = new ChromeOptions { BinaryLocation = Program("chromium") };
        options.AddArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1000,900");
        options.AddArguments(more);
        options.SetLoggingPreference(LogType.Browser, LogLevel.All);
        return new ChromeDriver(ChromeDriverService.CreateDefaultService(Path.GetDirectoryName(Program("chromedriver"))!, "chromedriver"), options);
    }

    private static string Program(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException($"{name} is missing: scripts/setup --with-oracle installs it.");

    // Buttons, inputs and pictures that a screen reader could not name.
    private static IEnumerable<string> Nameless(ChromeDriver browser) => browser.FindElements(By.CssSelector("button, input, select, img, video"))
        .Where(element => element.Displayed && element.GetAttribute("alt") != "" && string.IsNullOrWhiteSpace(((WebElement)element).ComputedAccessibleLabel))
        .Select(element => element.GetAttribute("outerHTML")!);

    private static void Wait(Func<bool> holds)
    {
        for (int tries = 0; tries < 600; tries++)
        {
            try
            {
                if (holds())
                {
                    return;
                }
            }
            catch (StaleElementReferenceException)
            {
            }

            Thread.Sleep(50);
        }

        Assert.True(holds());
    }

    [GeneratedRegex(@"(?:https?:)?//(?!www\.w3\.org)[a-z0-9]+\.[a-z]+", RegexOptions.IgnoreCase)]
    private static partial Regex Elsewhere();
}
