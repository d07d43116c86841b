"""Asks a server with OpenAI's own client, in all the ways in which it can be asked, and prints what the client made of it.

usage: openai_client.py BASE_URL KEY
"""

import json
import sys
import time

import openai

client = openai.OpenAI(base_url=sys.argv[1], api_key=sys.argv[2], max_retries=0, timeout=30)
MODEL = "test-model"
TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}
    for name in ("weather", "time")
]


def chat(word, **more):
    return client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": word}], tools=TOOLS, **more
    )


def chat_message(message, finish):
    calls = message.tool_calls or []
    return {
        "text": message.content or "",
        "refusal": message.refusal or "",
        "calls": [[call.id, call.function.name, call.function.arguments] for call in calls],
        "finish": finish,
    }


def chat_whole(word):
    answer = chat(word)
    choice = answer.choices[0]
    return chat_message(choice.message, choice.finish_reason) | {"tokens": answer.usage.total_tokens}


def chat_stream(word):
    result = {"text": "", "refusal": "", "reasoning": "", "finish": None, "pieces": 0}
    calls = {}
    for chunk in chat(word, stream=True, stream_options={"include_usage": True}):
        if chunk.usage is not None:
            result["tokens"] = chunk.usage.total_tokens
        for choice in chunk.choices:
            delta = choice.delta
            result["text"] += delta.content or ""
            result["refusal"] += delta.refusal or ""
            result["reasoning"] += (delta.model_extra or {}).get("reasoning_content") or ""
            result["pieces"] += 1 if delta.content else 0
            result["finish"] = choice.finish_reason or result["finish"]
            for call in delta.tool_calls or []:
                known = calls.setdefault(call.index, ["", "", ""])
                known[0] += call.id or ""
                known[1] += call.function.name or ""
                known[2] += call.function.arguments or ""
    result["calls"] = [calls[index] for index in sorted(calls)]
    return result


def chat_helper(word):
    with client.chat.completions.stream(
        model=MODEL, messages=[{"role": "user", "content": word}], tools=TOOLS
    ) as stream:
        final = stream.get_final_completion()
    choice = final.choices[0]
    return chat_message(choice.message, choice.finish_reason)


def response_of(answer):
    calls = [item for item in answer.output if item.type == "function_call"]
    parts = [part for item in answer.output if item.type == "message" for part in item.content]
    return {
        "text": answer.output_text,
        "refusal": "".join(part.refusal for part in parts if part.type == "refusal"),
        "calls": [[call.call_id, call.name, call.arguments] for call in calls],
        "status": answer.status,
    }


def responses_whole(word):
    answer = client.responses.create(model=MODEL, input=word)
    return response_of(answer) | {"tokens": answer.usage.total_tokens}


def responses_stream(word):
    last = None
    text = ""
    for number, event in enumerate(client.responses.create(model=MODEL, input=word, stream=True)):
        assert event.sequence_number == number, (event.sequence_number, number)
        if event.type == "response.output_text.delta":
            text += event.delta
        last = event
    result = response_of(last.response) | {"last": last.type}
    assert result["text"] == text, (result["text"], text)
    return result


def responses_helper(word):
    with client.responses.stream(model=MODEL, input=word) as stream:
        return response_of(stream.get_final_response())


def responses_resumed(word):
    """Leaves a stream in its middle and comes back behind the last number."""
    seen = []
    stream = client.responses.create(model=MODEL, input=word, stream=True, background=True)
    for event in stream:
        seen.append([event.sequence_number, event.type])
        if event.type == "response.created":
            identifier = event.response.id
        if event.sequence_number == 4:
            break
    stream.close()
    for event in client.responses.retrieve(identifier, stream=True, starting_after=4):
        seen.append([event.sequence_number, event.type])
    return {"numbers": [number for number, _ in seen], "last": seen[-1][1], "status": client.responses.retrieve(identifier).status}


def responses_background(word):
    """Asks for an answer that nobody waits for, and looks until it is there."""
    first = client.responses.create(model=MODEL, input=word, background=True)
    answer = first
    for _ in range(400):
        if answer.status not in ("queued", "in_progress"):
            break
        assert answer.model == MODEL, answer.model
        time.sleep(0.05)
        answer = client.responses.retrieve(first.id)
    told = [first.status, first.model, first.output_text, len(first.output), first.created_at == answer.created_at, first.id == answer.id]
    return response_of(answer) | {"first": told}


def guarded(ask, word):
    try:
        return ask(word)
    except openai.APIStatusError as error:
        return {"error": type(error).__name__, "status": error.status_code, "code": error.code, "message": error.message}
    except openai.APIError as error:
        return {"error": type(error).__name__, "code": error.code, "message": error.message}


def refused(**more):
    try:
        client.with_options(**more).chat.completions.create(model="gpt-0", messages=[{"role": "user", "content": "x"}])
    except openai.APIStatusError as error:
        return {"error": type(error).__name__, "code": error.code}


def useless():
    """Whether a client that repeats by itself repeats what the server says is not worth it."""
    try:
        client.with_options(max_retries=2).chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "useless"}])
    except openai.APIStatusError as error:
        return {"status": error.status_code, "repetitions": error.request.headers["x-stainless-retry-count"]}


def tool_round():
    """A whole round: the call, its result, the answer."""
    messages = [{"role": "user", "content": "tools"}]
    message = client.chat.completions.create(model=MODEL, messages=messages, tools=TOOLS).choices[0].message
    messages.append(message)
    for call in message.tool_calls:
        messages.append({"role": "tool", "tool_call_id": call.id, "content": call.function.name + " result"})
    return client.chat.completions.create(model=MODEL, messages=messages, tools=TOOLS).choices[0].message.content


ADDRESS = "https://a.example/cat.png"
DATA = "data:image/png;base64,iVBORw0KGgo="


def chat_images():
    content = [{"type": "text", "text": "Compare"}] + [{"type": "image_url", "image_url": {"url": url}} for url in (ADDRESS, DATA)]
    answer = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": content}])
    return answer.choices[0].message.content


def responses_images():
    content = [{"type": "input_text", "text": "Compare"}]
    content += [{"type": "input_image", "image_url": url, "detail": "auto"} for url in (ADDRESS, DATA)]
    return client.responses.create(model=MODEL, input=[{"role": "user", "content": content}]).output_text


def conversation():
    """Goes on from a response, and from one that is none."""
    first = client.responses.create(model=MODEL, input="text", instructions="Be brief.")
    second = client.responses.create(model=MODEL, input="history", previous_response_id=first.id)
    try:
        client.responses.create(model=MODEL, input="history", previous_response_id="resp_" + "0" * 8)
    except openai.NotFoundError as error:
        code = error.code
    return {"text": second.output_text, "named": second.previous_response_id == first.id, "unknown": code}


def extended():
    """Members of the server's own: its memory tools are offered and carried out, and no call is shown."""
    answer = client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": "remember"}], extra_body={"memory": True, "max_steps": 3}
    )
    message = answer.choices[0].message
    return {"text": message.content, "calls": len(message.tool_calls or []), "finish": answer.choices[0].finish_reason}


results = {}
for way in (chat_whole, chat_stream, responses_whole, responses_stream):
    results[way.__name__] = {
        word: guarded(way, word) for word in ("text", "tools", "refusal", "length", "before", "during")
    }
for way in (chat_helper, responses_helper):
    results[way.__name__] = {word: guarded(way, word) for word in ("text", "tools", "refusal")}
results["responses_background"] = guarded(responses_background, "text")
results["responses_resumed"] = guarded(responses_resumed, "text")
results["unknown_model"] = refused()
results["wrong_key"] = refused(api_key="wrong")
results["useless"] = useless()
results["models"] = [model.id for model in client.models.list()]
results["model"] = client.models.retrieve("o/ada").id
results["tool_round"] = tool_round()
results["images"] = [chat_images(), responses_images()]
results["conversation"] = conversation()
results["extended"] = extended()
print(json.dumps(results))
