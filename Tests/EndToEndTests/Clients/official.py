"""Asks a server with the official clients of OpenAI and Anthropic, streaming, and prints what each put together.

usage: official.py URL KEY MODEL WORD…

One JSON object: by endpoint and word text, refusal, calls (id, name, arguments), the word for the end, and the class of an error.
"""

import json
import sys

import anthropic
import openai

url, key, model, *words = sys.argv[1:]
open_ai = openai.OpenAI(base_url=url + "/v1", api_key=key, max_retries=0, timeout=60)
claude = anthropic.Anthropic(base_url=url, api_key=key, max_retries=0, timeout=60)
TOOLS = ("weather", "time")
SCHEMA = {"type": "object", "properties": {}}


def chat(word, found):
    tools = [{"type": "function", "function": {"name": name, "parameters": SCHEMA}} for name in TOOLS]
    calls = {}
    stream = open_ai.chat.completions.create(
        model=model, messages=[{"role": "user", "content": word}], tools=tools, stream=True
    )
    for chunk in stream:
        for choice in chunk.choices:
            found["text"] += choice.delta.content or ""
            found["refusal"] += choice.delta.refusal or ""
            found["end"] = choice.finish_reason or found["end"]
            for call in choice.delta.tool_calls or []:
                known = calls.setdefault(call.index, ["", "", ""])
                known[0] += call.id or ""
                known[1] += call.function.name or ""
                known[2] += call.function.arguments or ""
            found["calls"] = [calls[index] for index in sorted(calls)]


def responses(word, found):
    tools = [{"type": "function", "name": name, "parameters": SCHEMA, "strict": False} for name in TOOLS]
    calls = {}
    for event in open_ai.responses.create(model=model, input=word, tools=tools, stream=True):
        if event.type == "response.output_text.delta":
            found["text"] += event.delta
        elif event.type == "response.refusal.delta":
            found["refusal"] += event.delta
        elif event.type == "response.output_item.added" and event.item.type == "function_call":
            calls[event.output_index] = [event.item.call_id, event.item.name, ""]
        elif event.type == "response.function_call_arguments.delta":
            calls[event.output_index][2] += event.delta
        elif event.type in ("response.completed", "response.incomplete", "response.failed"):
            found["end"] = event.response.status
        found["calls"] = [calls[index] for index in sorted(calls)]


def messages(word, found):
    tools = [{"name": name, "input_schema": SCHEMA} for name in TOOLS]
    calls = {}
    stream = claude.messages.create(
        model=model, max_tokens=1000, messages=[{"role": "user", "content": word}], tools=tools, stream=True
    )
    for event in stream:
        if event.type == "content_block_start" and event.content_block.type == "tool_use":
            calls[event.index] = [event.content_block.id, event.content_block.name, ""]
        elif event.type == "content_block_delta" and event.delta.type == "text_delta":
            found["text"] += event.delta.text
        elif event.type == "content_block_delta" and event.delta.type == "input_json_delta":
            calls[event.index][2] += event.delta.partial_json
        elif event.type == "message_delta":
            found["end"] = event.delta.stop_reason
        found["calls"] = [calls[index] for index in sorted(calls)]


def asked(ask, word):
    """What had come stays, whatever the client raises then."""
    found = {"text": "", "refusal": "", "calls": [], "end": None, "error": None}
    try:
        ask(word, found)
    except (openai.APIError, anthropic.APIError) as error:
        found["error"] = type(error).__name__
    return found


print(json.dumps({ask.__name__: {word: asked(ask, word) for word in words} for ask in (chat, responses, messages)}))
