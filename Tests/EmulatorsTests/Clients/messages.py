"""Asks for a Message with the `anthropic` package.

Takes {"stream": bool}. The client's own accumulator is asked.
"""

import anthropic
import seen

client = anthropic.Anthropic(base_url=seen.url(), api_key="sk-test", max_retries=0)
request = {"model": "m", "max_tokens": 1000, "messages": [{"role": "user", "content": "Hi"}]}


def blocks(message):
    found = {"text": "", "reasoning": "", "signed": False, "calls": [], "finish": message.stop_reason, "tokens": message.usage.output_tokens}
    for block in message.content:
        if block.type == "text":
            found["text"] += block.text
        elif block.type == "thinking":
            found["reasoning"] += block.thinking
            found["signed"] = bool(block.signature)
        else:
            found["calls"].append([block.id, block.name, block.input])
    details = getattr(message, "stop_details", None)
    found["why"] = details.explanation if details else None
    return found


def streamed(found):
    with client.messages.stream(**request) as stream:
        try:
            for event in stream:
                if event.type == "content_block_stop":
                    found["stopped"].append(event.index)
        finally:
            # Also of a stream that fails: what had come until then.
            found |= blocks(stream.current_message_snapshot)


def ask(asked):
    found = {"stopped": [], "error": None}
    try:
        if asked.get("stream"):
            streamed(found)
        else:
            found |= blocks(client.messages.create(**request))
    except anthropic.APIError as fault:
        found["error"] = seen.error(fault)
    return found


seen.run(ask)
