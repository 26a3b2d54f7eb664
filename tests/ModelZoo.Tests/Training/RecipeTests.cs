using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Training;
using Xunit;

namespace ModelZoo.Tests.Training;

public class RecipeTests
{
    [Fact]
    public void A_recipe_survives_its_JSON_form()
    {
        var recipe = new Recipe
        {
            Epochs = 7,
            Optimizer = "adamw",
            LearningRate = 3e-4,
            WeightDecay = 0.01,
            Schedule = "cosine",
            WarmupEpochs = 2,
            RandomShift = 1.5f
        };
        Assert.Equal(recipe, Recipe.Parse(recipe.ToJson(), "recipe"));
    }

    [Fact]
    public void Keys_left_out_take_their_defaults() => Assert.Equal(new Recipe { Epochs = 3 }, Recipe.Parse("""{"epochs": 3}""", "recipe"));

    [Theory]
    [InlineData("""{"learning_rte": 1}""", "r.json: unknown key 'learning_rte'. Did you mean 'learning_rate'?")]
    [InlineData("""{"epochs": 1, "epochs": 2}""", "r.json: the key 'epochs' appears twice")]
    [InlineData("""{"epochs": 1.5}""", "r.json: epochs is 1.5; it must be a whole number")]
    [InlineData("""{"epochs": null}""", "r.json: epochs is null; it must be a whole number")]
    [InlineData("""{"nesterov": "yes"}""", "it must be true or false")]
    [InlineData("""{"learning_rate": "fast"}""", "it must be a number")]
    [InlineData("""{"optimizer": 3}""", "it must be a text")]
    [InlineData("""{"optimizer": "sdg"}""", "optimizer is 'sdg'. Did you mean 'sgd'? It must be one of gd, sgd, momentum, nesterov, rmsprop, adam, adamw")]
    [InlineData("""{"schedule": "onecycl"}""", "Did you mean 'onecycle'?")]
    [InlineData("""{"epochs": 0}""", "epochs is 0; it must be 1 … 100000")]
    [InlineData("""{"momentum": 1}""", "momentum is 1; it must be 0 … below 1")]
    [InlineData("""{"learning_rate": -1}""", "learning_rate is -1; it must be above 0")]
    [InlineData("""{"epochs": 3, "warmup_epochs": 4}""", "warmup_epochs is 4")]
    [InlineData("""{"nesterov": true}""", "nesterov needs the optimizer sgd with a momentum")]
    [InlineData("""{"schedule": "onecycle", "warmup_epochs": 1}""", "Leave warmup_epochs and warmup_steps out")]
    [InlineData("""{"schedule": "step", "warmup_epochs": 1, "warmup_steps": 3}""", "Leave one out")]
    [InlineData("""{"schedule": "multistep"}""", "milestones is []; the schedule multistep needs some")]
    [InlineData("""{"milestones": [3]}""", "milestones is [3]; the schedule multistep needs some, and no other schedule has them")]
    [InlineData("""{"schedule": "multistep", "milestones": [3, 2]}""", "they must be rising")]
    [InlineData("""{"schedule": "multistep", "milestones": "3"}""", "it must be a list of whole numbers")]
    [InlineData("""{"schedule_unit": "step"}""", "schedule_unit is 'step'. Did you mean 'steps'?")]
    [InlineData("""{"ema_decay": 1}""", "ema_decay is 1; it must be 0 … below 1")]
    [InlineData("""{"min_learning_rate": 1}""", "min_learning_rate is 1; it must be 0 … learning_rate")]
    [InlineData("""{"random_crop_mode": "reflct"}""", "Did you mean 'reflect'?")]
    [InlineData("""{"horizontal_flip": 1.5}""", "horizontal_flip is 1.5; it must be 0 … 1")]
    [InlineData("""{"hue": 0.6}""", "hue is 0.6; it must be 0 … 0.5")]
    [InlineData("""{"random_resized_crop": -1}""", "random_resized_crop is -1; it must be 0 … 1")]
    [InlineData("""{"random_resized_crop_ratio": 0.5}""", "must be 1 … 10")]
    [InlineData("""{"cutout": -1}""", "cutout is -1")]
    [InlineData("""{"mixup": -0.1}""", "mixup is -0.1")]
    [InlineData("[]", "a recipe is a JSON object, not array")]
    [InlineData("{", "r.json: is not valid JSON")]
    public void A_wrong_recipe_is_refused_with_its_key_and_what_it_must_be(string json, string message) =>
        Assert.Contains(message, Assert.Throws<ZooException>(() => Recipe.Parse(json, "r.json")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_variant_changes_some_keys_of_its_recipe()
    {
        const string Json =
            """{"m": {"epochs": 90, "learning_rate": 0.1, "source": "the paper", "variants": {"quick": {"epochs": 3}, "wrong": {"epoch": 3}}}}""";
        Recipe whole = Recipe.ParseFor("m", Json, "r.json");
        Assert.Equal(new Recipe { Epochs = 90, LearningRate = 0.1, Source = "the paper" }, whole);
        Assert.Equal(whole with { Epochs = 3 }, Recipe.ParseFor("m", Json, "r.json", "quick"));
        Assert.Contains("unknown key 'epoch'", Assert.Throws<ZooException>(() => Recipe.ParseFor("m", Json, "r.json", "wrong")).Message,
            StringComparison.Ordinal);
        Assert.Contains("has no variant 'quik'. Did you mean 'quick'?", Assert.Throws<ZooException>(() => Recipe.ParseFor("m", Json, "r.json", "quik")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Milestones_can_be_given_as_a_flag()
    {
        Recipe step = new Recipe().With("schedule", "constant");
        Recipe changed = step with { Schedule = "multistep", Milestones = new StepList(3, 5) };
        Assert.Equal(changed with { Milestones = new StepList(2, 4) }, changed.With("milestones", "2,4"));
        Assert.Equal(changed.With("milestones", "[2, 4]"), changed.With("milestones", "2,4"));
    }

    [Fact]
    public void A_flag_overrides_one_value()
    {
        Assert.Equal(new Recipe { LearningRate = 0.5, Optimizer = "adam" }, new Recipe().With("learning_rate", "0.5").With("optimizer", "adam"));
        Assert.Contains("Did you mean 'epochs'?", Assert.Throws<ZooException>(() => new Recipe().With("epoch", "3")).Message, StringComparison.Ordinal);
        Assert.Throws<ZooException>(() => new Recipe().With("epochs", "three"));
        Assert.Throws<ZooException>(() => new Recipe().With("epochs", "1, \"batch_size\": 2"));
    }

    [Fact]
    public void Every_classifier_of_the_catalog_has_a_valid_recipe()
    {
        foreach (ModelInfo model in Catalog.Models.Models.Where(m => m.Task == ModelTask.Classification))
        {
            string name = $"{model.Family}/recipe.json";
            Recipe.ParseFor(model.Name, System.Text.Encoding.UTF8.GetString(Catalog.ReadResource(name)), name);
        }
    }

    [Fact]
    public void A_recipe_file_names_only_models_of_its_family()
    {
        foreach (IGrouping<string, ModelInfo> family in Catalog.Models.Models.GroupBy(m => m.Family))
        {
            string name = $"{family.Key}/recipe.json";
            if (Catalog.HasResource(name))
            {
                Assert.Empty(Recipe.ModelsOf(System.Text.Encoding.UTF8.GetString(Catalog.ReadResource(name)), name).Except(family.Select(m => m.Name)));
            }
        }
    }

    [Fact]
    public void A_model_takes_its_familys_recipe_with_what_differs_for_it()
    {
        const string Json = """
            {
              "family": {"epochs": 8, "batch_size": 16, "schedule": "step", "step_size": 3, "variants": {"quick": {"epochs": 2}, "long": {"epochs": 20}}},
              "b": {"epochs": 9, "step_size": null, "variants": {"quick": {"batch_size": 4}, "long": null}},
              "c": {"epochs": 8, "wrong": 1}
            }
            """;
        Assert.True(Recipe.Has("a", Json, "r"));
        Assert.Equal((8, 16, 3), Of("a"));
        Assert.Equal((2, 16, 3), Of("a", "quick"));
        Assert.Equal((9, 16, new Recipe().StepSize), Of("b"));
        Assert.Equal((2, 4, new Recipe().StepSize), Of("b", "quick"));
        Assert.Contains("has no variant 'long'", Assert.Throws<ZooException>(() => Of("b", "long")).Message, StringComparison.Ordinal);
        Assert.Contains("r, c: unknown key 'wrong'", Assert.Throws<ZooException>(() => Of("c")).Message, StringComparison.Ordinal);
        Assert.False(Recipe.Has("a", """{"b": {}}""", "r"));
        Assert.Equal(["b", "c"], Recipe.ModelsOf(Json, "r"));

        static (int Epochs, int BatchSize, int StepSize) Of(string model, string? variant = null)
        {
            Recipe recipe = Recipe.ParseFor(model, Json, "r", variant);
            return (recipe.Epochs, recipe.BatchSize, recipe.StepSize);
        }
    }

    [Fact]
    public void A_recipe_file_without_the_model_says_so() => Assert.Contains(
        "has no recipe for 'lenet5'. Did you mean 'lenet'?",
        Assert.Throws<ZooException>(() => Recipe.ParseFor("lenet5", """{"lenet": {}}""", "recipe.json")).Message,
        StringComparison.Ordinal);
}
