"""Asks for Chat Completions with the `openai` package.

Takes {"stream": bool, "helper": bool, "tools": [names], "usage": bool}. With `helper` the client's own accumulator is asked.
"""

import openai
import seen

client = openai.OpenAI(base_url=seen.url(), api_key="sk-test", max_retries=0)


def request(asked):
    request = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
    if asked.get("tools"):
        request["tools"] = [
            {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}} for name in asked["tools"]
        ]
    if asked.get("usage"):
        request["stream_options"] = {"include_usage": True}
    return request


def message(choice):
    spoken = choice.message
    return {
        "text": spoken.content,
        "refusal": spoken.refusal,
        "reasoning": getattr(spoken, "reasoning_content", None) or getattr(spoken, "reasoning", None),
        "calls": [[call.id, call.function.name, call.function.arguments] for call in spoken.tool_calls or []],
        "finish": choice.finish_reason,
    }


def whole(asked):
    completion = client.chat.completions.create(**request(asked))
    return {**message(completion.choices[0]), "tokens": completion.usage.completion_tokens}


def accumulated(asked):
    with client.chat.completions.stream(**request(asked)) as stream:
        for _ in stream:
            pass
        completion = stream.current_completion_snapshot
    found = message(completion.choices[0])
    found["tokens"] = completion.usage.completion_tokens if completion.usage else None
    return found


def streamed(asked, found):
    calls = {}
    for chunk in client.chat.completions.create(stream=True, **request(asked)):
        if chunk.usage:
            found["tokens"] = chunk.usage.completion_tokens
        for choice in chunk.choices:
            delta = choice.delta
            found["text"] += delta.content or ""
            found["refusal"] += delta.refusal or ""
            found["reasoning"] += getattr(delta, "reasoning_content", None) or getattr(delta, "reasoning", None) or ""
            for piece in delta.tool_calls or []:
                call = calls.setdefault(piece.index, ["", "", ""])
                call[0] = piece.id or call[0]
                call[1] = piece.function.name or call[1]
                call[2] += piece.function.arguments or ""
            found["finish"] = choice.finish_reason or found["finish"]
        found["calls"] = [calls[index] for index in sorted(calls)]


def ask(asked):
    found = {"text": "", "refusal": "", "reasoning": "", "calls": [], "finish": None, "tokens": None, "error": None}
    try:
        if not asked.get("stream"):
            found |= whole(asked)
        elif asked.get("helper"):
            found |= accumulated(asked)
        else:
            streamed(asked, found)
    except openai.APIError as fault:
        found["error"] = seen.error(fault)
    return found


seen.run(ask)
