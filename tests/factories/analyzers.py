"""What an analyzer sends, and how."""

import asyncio
from collections.abc import Sequence

START, END = b"\x0b", b"\x1c\r"


def oru(
    accession: str,
    *values: tuple[str, str, str],
    control_id: str = "1",
    status: str = "F",
    sender: str = "XN-1000",
    at: str = "",
    charset: str = "UNICODE UTF-8",
) -> bytes:
    """ORU^R01 with a value, code and unit in each OBX."""
    lines = [
        (
            f"MSH|^~\\&|{sender}|LAB|MEDRAY|HOSPITAL|{at}||ORU^R01^ORU_R01|{control_id}|P|2.5.1"
            f"||||||{charset}"
        ),
        "PID|1||ANON",
        f"OBR|1||{accession}|TEST^^L|||{at}",
        *(
            f"OBX|{number}|NM|{code}^^L||{value}|{unit}|||||{status}|||{at}||||{sender}"
            for number, (code, value, unit) in enumerate(values, 1)
        ),
    ]
    return ("\r".join(lines) + "\r").encode()


def cbc(hgb: str = "140", hct: str = "0.42") -> Sequence[tuple[str, str, str]]:
    """A whole blood count of somebody healthy, as an analyzer sends it."""
    return [
        ("WBC", "6.5", "10*9/L"),
        ("RBC", "4.8", "10*12/L"),
        ("HGB", hgb, "g/L"),
        ("HCT", hct, "L/L"),
        ("MCV", "87.5", "fL"),
        ("MCH", "29.2", "pg"),
        ("MCHC", "333", "g/L"),
        ("RDW", "13.0", "%"),
        ("PLT", "250", "10*9/L"),
        ("NEUT", "3.6", "10*9/L"),
        ("LYMPH", "2.1", "10*9/L"),
        ("MONO", "0.5", "10*9/L"),
        ("EOS", "0.2", "10*9/L"),
        ("BASO", "0.05", "10*9/L"),
    ]


async def send(port: int, *messages: bytes) -> list[bytes]:
    """Sends messages on one connection, each after the answer to the one before."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answers = []
    try:
        for message in messages:
            writer.write(START + message + END)
            await reader.readuntil(START)
            answers.append((await reader.readuntil(END)).removesuffix(END))
    finally:
        writer.close()
        await writer.wait_closed()
    return answers


def code_of(answer: bytes) -> str:
    """AA, AE or AR."""
    return answer.split(b"MSA|")[1][:2].decode()
