"""Asks for a Response with the `openai` package.

Takes {"stream": bool}; the client's own accumulator is asked, and what it was given is kept beside it. Or {"resume": number}: a
Response in the background is left behind that event, and read on.
"""

import openai
import seen

client = openai.OpenAI(base_url=seen.url(), api_key="sk-test", max_retries=0)
request = {"model": "m", "input": "Hi"}


def items(response):
    found = {"status": response.status, "text": "", "refusal": "", "reasoning": "", "calls": [], "why": None, "tokens": None}
    for item in response.output:
        if item.type == "message":
            for part in item.content:
                if part.type == "output_text":
                    found["text"] += part.text
                else:
                    found["refusal"] += part.refusal
        elif item.type == "reasoning":
            found["reasoning"] += "".join(part.text for part in item.summary)
        else:
            found["calls"].append([item.call_id, item.name, item.arguments])
    if response.incomplete_details:
        found["why"] = response.incomplete_details.reason
    if response.usage:
        found["tokens"] = response.usage.output_tokens
    return found


def take(found, event):
    found["numbers"].append(event.sequence_number)
    if event.type.endswith(".delta"):
        found["deltas"].append(event.delta)
    if event.type in ("response.completed", "response.incomplete", "response.failed"):
        found |= items(event.response)
    if event.type == "error":
        found["error"] = {"class": "event", "code": getattr(event, "code", None)}


def streamed(found):
    with client.responses.stream(**request) as stream:
        for event in stream:
            take(found, event)


def resumed(found, number):
    made = None
    with client.responses.create(**request, stream=True, background=True) as stream:
        for event in stream:
            if event.type == "response.created":
                made = event.response.id
            take(found, event)
            if event.sequence_number == number:
                break
    for event in client.responses.retrieve(made, stream=True, starting_after=number):
        take(found, event)


def ask(asked):
    found = {"deltas": [], "numbers": [], "error": None}
    try:
        if asked.get("resume") is not None:
            resumed(found, asked["resume"])
        elif asked.get("stream"):
            streamed(found)
        else:
            found |= items(client.responses.create(**request))
    except openai.APIError as fault:
        found["error"] = seen.error(fault)
    return found


seen.run(ask)
