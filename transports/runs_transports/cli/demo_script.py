"""The demonstration's texts and tool, for both sides of the local service."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from runs_core.testing import Action, Call, Pause, RunContext, Say

__all__ = [
    "INSTRUCTIONS",
    "QUESTION",
    "THANKS",
    "TOO_LONG",
    "WEATHER_TOOL",
    "assistant_script",
    "get_weather",
]

INSTRUCTIONS = "Answer in one or two sentences. Ask get_weather about the weather."
QUESTION = "What is the weather in Paris, and do I need a coat?"
THANKS = "Thank you! Say goodbye in a few words."
TOO_LONG = "Now count slowly to one million."

WEATHER_TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city now.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}

# Between two words, in seconds, so that one sees them arrive.
_PAUSE = 0.03

_WEATHER = {
    "Paris": {"sky": "light rain", "celsius": 9, "wind_kmh": 24},
    "Madrid": {"sky": "sunny", "celsius": 18, "wind_kmh": 7},
}


def get_weather(city: str) -> dict[str, Any]:
    """The weather in a city, from a table."""
    return _WEATHER.get(city, {"error": f"there is no weather for {city}"})


# --- The assistant of the local service --------------------------------------------


def assistant_script(context: RunContext) -> Iterable[Action]:
    """Return what the assistant does: it asks for the weather, then says it."""
    if context.last_user_text == THANKS:
        return (Say("You are welcome. Stay dry!"),)
    if not context.tool_outputs:
        return (Call("get_weather", {"city": "Paris"}),)
    return (_slowly("It is 9 °C in Paris, with light rain and wind: take a coat."),)


def _slowly(text: str) -> Say:
    words = text.split(" ")
    pieces: list[str | Pause] = [words[0]]
    for word in words[1:]:
        pieces += [Pause(_PAUSE), f" {word}"]
    return Say(text, pieces=pieces)
