"""Every threshold of the sign detectors, with its source.

``design`` marks a value chosen for this tool; the others name where they come from.
Lengths are in shoulder widths, face lengths in distances of the outer eye corners.
"""

from __future__ import annotations

from typing import Final

# --- what counts as seen ------------------------------------------------------------
VISIBLE: Final = 0.5
"""Visibility from which a joint is judged. Design."""
UNCOVERED: Final = 0.8
"""Visibility of a knee from which no blanket hides the hips. Measured on rendered
people, the better of both: 0.97 to 1 without one, 0.24 to 0.93 under one."""
LONGEST_GAP: Final = 0.35
"""Seconds of missing landmarks that are bridged. Design: shorter than a jerk cycle at
3 Hz."""
SIDES_AGREEMENT: Final = 0.2
"""Mean agreement (-1 to 1, over 5 s) of face and trunk on left and right from which
sides are trusted. Design."""
FACE_YAW_LIMIT: Final = 45.0
"""Degrees of head turn beyond which the mesh is not trusted. Measured on rendered
people: sign and order are right up to 40 degrees at all sizes."""
HEAD_SIDE_SURE: Final = 15.0
"""Degrees of turn by ears and nose from which their side counts, if the mesh tells the
other. Measured on rendered people: they waver by 8 degrees, and a face turned 70
degrees away can be taken for one turned 30 degrees to the other side."""
FACE_PITCH_LIMIT: Final = 45.0
"""The same up and down: eyes and mouth are not read from farther below or above.
Measured on rendered people: from a low foot end the mesh tells 50 to 58 degrees, and
open and shut lids read alike."""
FACE_YAW_SURE: Final = 30.0
"""Degrees up to which the mesh's angle is good enough to correct the body's by. Design:
well within the above."""
FACE_SMALLEST: Final = 21.0
"""Pixels between the outer eye corners from which eyes and mouth can be read. Measured
on rendered people: 24 pixels still separate open from closed eyes, 16 do not."""
TRUNK_TURN_NOISE: Final = 15.0
"""Degrees by which the trunk seems to follow a turned head. Measured: 12 degrees for a
head turned 55 degrees on a rendered person."""

# --- baselines ----------------------------------------------------------------------
BASELINE_WINDOW: Final = 120.0
"""Seconds around a moment from which the patient's own resting values are taken."""

BASELINE_LEAST: Final = 4.0
"""Seconds that must be judged before a resting value means anything. Design."""

REST_SHARE: Final = 40.0
"""Percent of the judged time that an arm rests at the least, so that its rest is told
from a posture held for most of a clip. Design."""

# --- limbs --------------------------------------------------------------------------
ELBOW_EXTENDED: Final = 158.0
"""Degrees. Design: 150 to 160. Measured on rendered people: 161 to 177 for stretched
arms, mostly up to 157, twice 161, for arms at rest."""
ELBOW_FLEXED: Final = 90.0
"""Degrees. Design: 90 to 100."""
ELBOW_CHANGE: Final = 25.0
"""Degrees from the patient's own resting angle. Design: absolute angles are biased by
24 to 35 degrees on rendered people, changes are not."""
POSTURE_DURATION: Final = 1.6
"""Seconds that a posture is seen held: two, less what its edges blur. Design; a hand at
the mouth, or one that scratches, is back within two."""
FIGURE4_DURATION: Final = 2.0
"""Seconds. Design: 2 to 3 s; the median in recordings is 12 s (quartiles 5 and 21)."""
FIGURE4_REACH: Final = 1.0
"""Distance of the bent arm's hand from the middle of the shoulders: across the chest.
Design."""

JERK_BAND: Final = (0.8, 6.0)
"""Hz looked for. Clonic jerks come at 0.2 to 5 Hz (CWRU clonic series); below 0.8 Hz
they cannot be told from ordinary movement by rhythm within seconds."""
CLONIC_FASTEST: Final = 5.2
"""Hz: 5 (CWRU clonic series) and the width of a spectral line."""
CLONIC_STRENGTH: Final = (0.7, 0.45)
"""Share of the movement at its rate: to begin, and to go on. Design; the share drops
while the rate changes."""
CLONIC_REGULAR: Final = 0.7
"""Share that holds in the middle of a stretch. Measured on rendered people: 0.85 for
jerks whose rate varies by 5 of 100 and slows down, 0.57 for fumbling."""
CLONIC_AMPLITUDE: Final = 0.12
"""Peak to peak. Design: about 4 cm."""
CARRIED: Final = 0.4
"""Movement of the hips over a hand's, both against the shoulders, from which the trunk
moves the hand along. Measured on rendered people: 0.5 to 1 for the hands of a body that
thrusts, 0.1 for jerking arms."""
CLONIC_CYCLES: Final = 5.0
"""Jerks in a row. Design."""
CLONIC_DURATION: Final = 4.0
"""Seconds. Design: clonic phases last 28 s in the median (quartiles 20 and 54), while
most scratching, knocking, waving and clapping is over sooner."""
CLONIC_OVERTONE: Final = (2.2, 0.08)
"""Slower than the first, in Hz, jerks have at least the second as power at twice their
rate: a jerk takes about 0.2 s however long the pause after it (Conradsen), whereas a
hand that waves or sways swings smoothly. Measured on rendered people: 0.17 to 0.46 for
jerks at 1.5 to 2.2 Hz, 0.03 for a wave."""
EVEN: Final = (4.1, 6.0)
"""Hz and coefficient of variation in percent: what is as fast as the first and varies
less than the second is an even tremor. Design; clonic jerking passes through 4 Hz while
it slows down, and a variation below 32 was found in 42 of 45 non-epileptic, but 1 of 11
epileptic events (Bayly 2013, 10.1111/epi.12207). Measured on rendered people: 1.3 for
even tremors, 8 to 18 for jerks that slow down."""
IN_STEP: Final = 0.5
"""Correlation of both sides from which they jerk in step. Design."""

ASYNCHRONOUS_CORRELATION: Final = 0.6
"""Correlation of the two sides below which they move each for itself. Design; measured
on rendered people: 0.1 to 0.46, once 0.65, for independent arms; 0.64 once, else 0.98
and more for jerks in step."""
ASYNCHRONOUS_AMPLITUDE: Final = 0.2
"""Peak to peak within half a second, each side. Design: about 7 cm."""
ASYNCHRONOUS_DURATION: Final = 3.0
"""Seconds. Design."""

AUTOMATISM_AMPLITUDE: Final = (0.1, 0.6)
"""Peak to peak within half a second: more than landmark noise, less than a gesture.
Manual automatisms stay small and slow (Remi 2011); values are design."""
AUTOMATISM_TYPICAL: Final = 0.18
"""Typical size, at the least. Measured on rendered people: 0.3 while fumbling; 0.15 is
noise where one arm lies on the other."""
AUTOMATISM_OVER_REST: Final = 2.5
"""Size over that of the hand's quietest tenth: what wavers all along is noise, of a dim
or coarse picture. Design."""
AUTOMATISM_RATE: Final = 1.5
"""Hz from which a small movement is repeated. Measured on rendered people: 2 to 2.7
while fumbling, 0.9 to 1.1 in gestures."""
AUTOMATISM_DURATION: Final = 3.0
"""Seconds. Design."""
AUTOMATISM_PAUSE: Final = 1.0
"""Seconds of rest within a run of automatisms. Design."""

MOVING: Final = 0.2
"""Peak to peak within half a second from which an arm moves. Design."""
RESTING: Final = 0.1
"""Below this it rests. Design: twice the landmark noise."""
RESTING_NOISE: Final = 1.5
"""Movement over that of the arm's quietest tenth below which it rests, in dim and
infrared pictures, in which places waver. Design."""
REST_BEFORE_ONSET: Final = 1.0
"""Seconds of rest before an onset counts as one. Design."""
POSED_SHARE: Final = 0.5
"""Share of that second from which an arm was held in a posture, and did not rest.
Design."""
SIMULTANEOUS: Final = 0.5
"""Seconds between the onsets of both arms. Design."""

TONIC_DURATION: Final = 3.0
"""Seconds. Design: more than 2 s separates tonic from a spasm (Fisher 2017), and a hand
that stretches or scratches is held up for 2 to 3 s."""
TREMOR_BAND: Final = (5.0, 11.0)
"""Hz: tonic contraction vibrates at 6 to 10 Hz, which 15 frames per second fold to 5 to
7. What is slower is rubbing or jerking."""
TREMOR_WINDOW: Final = 1.6
"""Seconds of a spectral window. Design."""
TREMOR_STRENGTH: Final = 0.42
"""Share of a held hand's movement at one rate of the band, through the posture.
Measured on rendered people: 0.46 to 0.86 for stiff arms, 0 to 0.4 for arms that are
held up, eat or scratch."""
TREMOR_CLEAR: Final = 0.46
"""The same for an arm that is straight or bent all along, of which no rest was seen."""
TREMOR_RATIO: Final = 1.4
"""Fast jitter of a held hand over its jitter at rest. Measured as above: 1.8 to 4."""
TREMOR_REST: Final = 0.03
"""Jitter at rest that counts at the most: more is movement, of which little rest was
seen. Measured as above: 0.015 to 0.03, in infrared light as well."""
TREMOR_FLOOR: Final = 0.02
"""Least jitter, root mean square. Design: twice the landmark noise."""
TREMOR_CEILING: Final = 0.15
"""Jitter above this is jerking, not stiffness. Design."""
TREMOR_FRAME_RATE: Final = 14.0
"""Analysed frames per second below which the absence of a tremor shows nothing: slower
sampling folds it to stillness. Measured on rendered people: a tremor of 3 cm at 9 Hz
shows at 15 frames per second, not at 10."""

# --- head ---------------------------------------------------------------------------
HEAD_TURN: Final = (30.0, 18.0)
"""Degrees from the patient's own straight-ahead: to begin, and to go on. Design;
non-versive turns with bilateral tonic seizures measure 30 to 45 degrees (Wijayath 2013,
AES abstract 2.027)."""
SIDEWAYS: Final = 45.0
"""Degrees by which the trunk faces past the camera from which the body's ears and nose
no longer tell how far the head turns. Measured on rendered people: seen from the side,
they waver by 50 degrees."""
HEAD_TURN_LIMIT: Final = 110.0
"""Degrees that no neck turns: the patient is seen from behind. Design."""
HEAD_FASTEST: Final = 450.0
"""Degrees per second: what seems to turn faster was found anew, not turned. Design; on
rendered people, turns reach 224."""
HEAD_TURN_DURATION: Final = 1.0
"""Seconds. Design."""
STRAIGHT_AHEAD_LIMIT: Final = 15.0
"""A resting position farther from the trunk's axis than this is not straight ahead.
Design."""
SIDE_TO_SIDE_TURN: Final = 10.0
"""Degrees of a swing to each side of its middle. Design."""
SIDE_TO_SIDE_REVERSALS: Final = 4
"""Changes of direction. Design: two to and fro."""
SIDE_TO_SIDE_PAUSE: Final = 1.5
"""Longest time between two changes of direction, in seconds. Design."""

# --- face ---------------------------------------------------------------------------
EYES_CLOSED: Final = (0.5, 0.7)
"""Lid opening over the patient's own open eyes: closed below the first, open again
above the second. Measured on rendered people: 0.25 open, 0.06 shut."""
LID_BLUR: Final = 3.4
"""Lid opening that shut lids read as, times the pixels between the outer eye corners:
about one pixel. Measured on rendered people: shut lids read 0.10 at 36 pixels, 0.13 at
31, 0.16 at 22, where open ones read 0.19 to 0.25 all along."""
LIDS_DIFFER: Final = 0.04
"""Lid opening by which open eyes read more than shut ones. Design: twice the noise."""
EYES_OPEN_LEAST: Final = 0.15
"""An eye never opened wider than this gives no baseline. Measured as above."""
EYES_SHUT: Final = 0.13
"""Opening that is shut whatever the baseline. Measured on rendered people: 0.08 to 0.12
shut, 0.21 to 0.28 open."""
EYES_CLOSED_DURATION: Final = 2.0
"""Seconds: ten blinks. Design; blinks under 1 s are left out."""
BLINK_LONGEST: Final = 0.6
"""Seconds. Design: a blink takes 0.1 to 0.4 s and sampling adds up to 0.2 s."""
BLINK_RATIO: Final = 1.5
"""Blink rate in the window over the patient's own mean (AAN 2024, abstract 005597)."""
BLINK_LEAST: Final = 8
"""Blinks in a row. Design: more than a bout of coughing or laughing brings along."""
BLINK_FAST: Final = 60.0
"""Blinks per minute in a row, at the least. Design: up to 32.5 are normal while talking
(Doughty 2001, 10.1097/00006324-200110000-00011), and come in clusters by chance;
eyelid myoclonia comes at 3 per second."""
BLINK_HEAD: Final = 0.15
"""Peak to peak of the head in the picture within half a second, in shoulder widths,
above which lids seem to blink with the head. Measured on rendered people: 0.33 to 0.49
for a head thrown from side to side, mostly 0.04 to 0.18 at rest."""
BLINK_DEPTH: Final = 0.8
"""Opening over the usual one of a blink. Design: between the frames most blinks are not
caught shut; noise is 0.05."""
FACE_PULL: Final = (0.03, 0.018)
"""Shift of the mouth from the patient's own rest: to begin, and to go on. Measured on
rendered people: 0.04 for a strong pull, 0.01 noise."""
FACE_PULL_PIXELS: Final = 1.0
"""The same in pixels, to begin: twice the waver of the mesh's lips, see below."""
FACE_PULL_WIDENS: Final = 0.02
"""Width that the mouth gains at the least. Measured on rendered people: 0.03 to 0.08
when drawn, up to 0.013 where only the mesh wavers."""
FINE_FACE: Final = 28.0
"""Pixels between the outer eye corners below which pulls and twitches stay within the
waver of the mesh, and cannot be told from rest: one pixel is then a strong pull."""
EATING_REACH: Final = 0.9
"""Distance of a wrist from the nose, in shoulder widths, at which the hand is at the
mouth. Design: a hand is half a shoulder width long, and the mouth lies below the nose;
measured on rendered people: 0.4 to 0.8 while they eat, 1.4 and more otherwise."""
FACE_TURNED: Final = 20.0
"""Degrees of head turn beyond which the shift of the mouth means nothing and only the
nearer eye is read. Measured on rendered people: the shift breaks when the head is
turned, and at 48 degrees the farther eye reads 0.3 when shut, the nearer 0.13."""
FACE_PULL_DURATION: Final = 2.0
"""Seconds. Design: a tonic pull is held for 2 to 3 s; while talking, the mouth is drawn
to one side for a second."""
TWITCH_BAND: Final = (1.2, 5.2)
"""Hz (CWRU clonic series)."""
TWITCH_AMPLITUDE: Final = 0.02
"""Peak to peak of the mean of mouth corner, nostril and cheek. Measured on
rendered people: 0.03 to 0.09 for twitches, mostly 0.015 to 0.055 at rest, where it
keeps no rhythm."""
TWITCH_PIXELS: Final = 0.8
"""Pixels peak to peak. Measured on rendered people: 0.5 noise."""
TWITCH_SHARE: Final = 0.7
"""Share of the stronger side from which the weaker one twitches, too. Measured on
rendered people: the mesh moves the still side up to half as much."""
TWITCH_EVEN: Final = 0.6
"""The same from which neither side is the one that twitches. Measured as above: 0.22 to
0.55 for twitches of one side that were found, up to 1 for fainter ones."""
TWITCH_STRENGTH: Final = (0.65, 0.5)
"""As for clonic jerks."""
TWITCH_DURATION: Final = 2.0
"""Seconds. Design."""
TWITCH_HEAD: Final = 0.1
"""Peak to peak of the head in the picture within half a second, in shoulder widths,
above which the mesh lags behind and seems to twitch. Measured on rendered people: 0.02
to 0.06 for a face that twitches and while both arms jerk, 0.14 to 0.22 for a body that
shakes."""
TWITCH_MOUTH: Final = 0.085
"""Peak to peak of the mouth opening above which the mouth talks or chews, and moves the
face along. Measured on rendered people: 0.02 to 0.06 while twitching, 0.11 to 0.2 while
talking and chewing."""
CHEW_BAND: Final = (0.8, 2.6)
"""Hz. Design: chewing comes at about 1 to 2 Hz; no source gives a figure for oral
automatisms."""
CHEW_WINDOW: Final = 3.2
"""Seconds of a spectral window: three cycles at 1 Hz. Design; shorter windows find
rhythm in noise."""
CHEW_AMPLITUDE: Final = 0.04
"""Peak to peak of the mouth opening. Design: measured 0.05 for a half-open chew on a
rendered person, 0.015 noise."""
CHEW_PIXELS: Final = 1.3
"""Pixels peak to peak. Measured on rendered people: the mesh's lips waver by 0.2 to
0.5 pixels root mean square whatever the size of the face."""
CHEW_STRENGTH: Final = (0.7, 0.5)
"""As for clonic jerks. Measured on rendered people: 0.75 to 0.9 for chewing, up to 0.5
for talking."""
CHEW_DURATION: Final = 2.0
"""Seconds. Design."""
SPEECH_SHARE: Final = 0.3
"""Share of a mouth movement with speech on the sound track from which it is talking.
Design."""

# --- trunk and whole body -----------------------------------------------------------
THRUST_BAND: Final = (0.6, 3.0)
"""Hz. Design: nearly two cycles within a spectral window; less is one large step."""
THRUST_WINDOW: Final = 3.0
"""Seconds of a spectral window. Design."""
THRUST_AMPLITUDE: Final = 0.12
"""Peak to peak of the hips. Design: about 4 cm."""
THRUST_STRENGTH: Final = (0.6, 0.4)
"""As for clonic jerks; thrusts are less regular. Measured on rendered people: 0.55 to
0.8 while the rate wanders by a quarter."""
THRUST_OBLIQUITY: Final = 25.0
"""Degrees between the trunk's front and the line of sight below which thrusts point at
the camera. Measured on rendered people: 6 from the ceiling, where thrusts cannot be
seen, 49 to 83 from oblique views, where they can."""
THRUST_CYCLES: Final = 3.0
"""Design: at least three cycles."""
THRUST_OVER_SHOULDERS: Final = 1.5
"""Movement of the hips over that of the shoulders. Design: a body that moves as a whole
does not thrust."""
SHAKE_ARMS: Final = 0.12
SHAKE_LEGS: Final = 0.07
SHAKE_TRUNK: Final = 0.05
"""Peak to peak within half a second. Design."""
SHAKE_SHARE: Final = 0.8
"""Of these, what the part that moves least must reach for others to find shaking.
Measured by the models: 0.95 and more where rendered bodies shake, 0.7 where only both
arms jerk."""
SHAKE_DURATION: Final = 2.0
"""Seconds. Design."""

# --- state --------------------------------------------------------------------------
STARE_DURATION: Final = 4.0
"""Seconds. Design: absences last 5 to 30 s (MGH); detection takes off at the edges."""
STARE_GAZE: Final = 0.05
"""Range of the gaze, in eye lengths. Design."""
STARE_HEAD: Final = 6.0
"""Range of the head's turn in degrees. Design."""
STARE_AFTER_ACTIVITY: Final = 10.0
"""Seconds before a stare within which there was movement: without it there is no
arrest, only rest. Design."""
STARE_AFTER_SPEECH: Final = 0.08
"""The same of the mouth's opening, peak to peak within half a second, for a second in
all. Measured on rendered people: mostly 0.06 to 0.17 while talking, 0.01 to 0.05 at
rest."""
STEADIED: Final = 0.2
"""Seconds of the median that takes noise off places before rest is told. Design."""
SLEEP_QUIET: Final = 60.0
"""Seconds of rest with closed eyes (Benbadis 1996: at least one minute)."""
SLEEP_EYES_SHARE: Final = 0.8
"""Share of the judged frames of that time with closed eyes. Design."""

# --- voice --------------------------------------------------------------------------
# Design values, chosen on the demo clip, on generated groans, tones and noise, and on
# 80 s of read and acted speech; none is fitted to patients.

BACKGROUND_PERCENTILE: Final = 10.0
"""Percentile of the level that counts as the background."""

QUIETEST_BACKGROUND: Final = -65.0
"""dB of full scale; recorders that mute pauses would else make a whisper loud."""

LOUDER_THAN_BACKGROUND: Final = 6.0
"""dB above the background from which a sound counts."""

VOICED: Final = 0.6
"""Voicing from which a hop counts; noise stays below 0.5."""

SPEECH: Final = 0.5
"""Probability from which a hop counts as speech; the value its authors give."""

UNBROKEN_VOICE: Final = 1.2
"""Seconds; no syllable is held so long, so this is no speech whatever the model says.
The longest unbroken voicing in the speech looked at was 0.8 s."""

SHORTEST_CALL, CALL_GAP, SHORTEST_VOCALISATION = 0.25, 0.5, 0.5
"""Seconds: calls closer than the gap are one; the last is the vocabulary's minimum."""

SMALLEST_PITCH_STEP, STEADY_SHARE = 0.002, 0.75
"""A tone whose pitch moves by less than 0.2 % in most steps is a machine's: 0.8 or more
of the steps of beeps, chimes and hum, less than 0.7 of those of any groan."""

TURN_GAP, SHORTEST_TURN = 0.3, 0.25
"""Seconds: pauses shorter than the gap lie within one turn of speech."""

ANSWER_DELAY: Final = (0.2, 3.0)
"""Seconds between the end of a prompt and the start of its answer."""

DIFFERENT_VOICE: Final = 6.5
"""Semitones between the median pitches of two turns that count as two speakers. One
speaker's turns were seen to lie up to 5.8 apart, those of two between 5.6 and 9."""

SILENT_TRACK: Final = -80.0
"""dB of full scale; a track that is nowhere louder was muted."""

SOUND_GAP: Final = 1.0
"""Seconds without sound that may pass unsaid."""
