"""Asks a server with Anthropic's own client, in all the ways in which it can be asked, and prints what the client made of it.

usage: anthropic_client.py BASE_URL KEY
"""

import json
import sys

import anthropic

client = anthropic.Anthropic(base_url=sys.argv[1], api_key=sys.argv[2], max_retries=0, timeout=30)
MODEL = "test-model"
TOOLS = [{"name": name, "input_schema": {"type": "object", "properties": {}}} for name in ("weather", "time")]


def arguments(word, **more):
    return dict(model=MODEL, max_tokens=1000, messages=[{"role": "user", "content": word}], tools=TOOLS) | more


def message_of(message):
    return {
        "text": "".join(block.text for block in message.content if block.type == "text"),
        "thinking": "".join(block.thinking for block in message.content if block.type == "thinking"),
        "calls": [[block.id, block.name, block.input] for block in message.content if block.type == "tool_use"],
        "stop": message.stop_reason,
        "sequence": message.stop_sequence,
        "tokens": input_of(message.usage) + message.usage.output_tokens,
    }


def input_of(usage):
    """All of the input: what went into a cache and what came from one are counted apart."""
    return usage.input_tokens + (usage.cache_creation_input_tokens or 0) + (usage.cache_read_input_tokens or 0)


def whole(word):
    return message_of(client.messages.create(**arguments(word)))


def stream(word):
    """The events as they come: each block has its place, and the fragments of its input."""
    fragments = {}
    types = []
    for event in client.messages.create(**arguments(word, stream=True)):
        types.append(event.type)
        if event.type == "content_block_delta" and event.delta.type == "input_json_delta":
            fragments[event.index] = fragments.get(event.index, "") + event.delta.partial_json
    return {"first": types[0], "last": types[-1], "inputs": [fragments[index] for index in sorted(fragments)]}


def helper(word):
    with client.messages.stream(**arguments(word)) as events:
        return message_of(events.get_final_message())


def thinking(word):
    asked = arguments(word, thinking={"type": "enabled", "budget_tokens": 1024}, max_tokens=2048)
    with client.messages.stream(**asked) as events:
        return message_of(events.get_final_message())


def guarded(ask, word):
    try:
        return ask(word)
    except anthropic.APIStatusError as error:
        return {"error": type(error).__name__, "status": error.status_code, "type": (error.body or {}).get("error", {}).get("type")}
    except anthropic.APIError as error:
        return {"error": type(error).__name__}


def refused(**more):
    try:
        client.with_options(**more).messages.create(model="gpt-0", max_tokens=1, messages=[{"role": "user", "content": "x"}])
    except anthropic.APIStatusError as error:
        return {"error": type(error).__name__, "type": error.body["error"]["type"], "request": bool(error.request_id)}


def useless():
    """Whether a client that repeats by itself repeats what the server says is not worth it."""
    try:
        client.with_options(max_retries=2).messages.create(**arguments("useless"))
    except anthropic.APIStatusError as error:
        return {"status": error.status_code, "repetitions": error.request.headers["x-stainless-retry-count"]}


def tool_round():
    """A whole round: the calls, their results, the answer."""
    messages = [{"role": "user", "content": "tools"}]
    message = client.messages.create(**arguments("tools"))
    messages.append({"role": "assistant", "content": message.content})
    messages.append(
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": block.id, "content": block.name + " result"}
                for block in message.content
                if block.type == "tool_use"
            ],
        }
    )
    return client.messages.create(**arguments("", messages=messages)).content[0].text


def images():
    """An address, an image, and one that a tool brought."""
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}
    messages = [
        {"role": "user", "content": "tools"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "weather", "input": {}}]},
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "c", "content": [image]},
                {"type": "image", "source": {"type": "url", "url": "https://a.example/cat.png"}},
                {"type": "text", "text": "Compare"},
            ],
        },
    ]
    return client.messages.create(**arguments("", messages=messages)).content[0].text


def extended():
    """Members of the server's own: its memory tools are offered and carried out, and no block is theirs."""
    asked = dict(model=MODEL, max_tokens=1000, messages=[{"role": "user", "content": "remember"}])
    return message_of(client.messages.create(**asked, extra_body={"memory": True}))


results = {}
for way in (whole, stream, helper):
    results[way.__name__] = {
        word: guarded(way, word) for word in ("text", "tools", "refusal", "length", "sequence", "before", "during")
    }
results["thinking"] = guarded(thinking, "text")
results["unknown_model"] = refused()
results["wrong_key"] = refused(api_key="wrong")
results["useless"] = useless()
results["models"] = [model.id for model in client.models.list()]
results["model"] = client.models.retrieve("o/ada").id
results["tool_round"] = tool_round()
results["images"] = images()
results["extended"] = extended()
print(json.dumps(results))
